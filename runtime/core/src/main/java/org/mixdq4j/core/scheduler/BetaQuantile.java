package org.mixdq4j.core.scheduler;

/** Quantiles of the beta distribution (what SciPy's {@code beta.ppf} gives), to nearly double precision. */
final class BetaQuantile {
    private static final double TINY = 1e-300;
    private static final int MOST_TERMS = 500;
    /** Halvings of the exponent and the mantissa until neighbours meet. */
    private static final int MOST_HALVINGS = 1200;

    private final double a;
    private final double b;
    /** {@code log(1 / (Gamma(a) Gamma(b) / Gamma(a + b)))}. */
    private final double logScale;

    /** @param a first shape, positive @param b second shape, positive */
    BetaQuantile(double a, double b) {
        this.a = a;
        this.b = b;
        this.logScale = logGamma(a + b) - logGamma(a) - logGamma(b);
    }

    /** The value below which the share {@code probability} of the distribution lies. */
    double of(double probability) {
        if (probability <= 0) {
            return 0;
        }
        if (probability >= 1) {
            return 1;
        }
        double low = 0;
        double high = 1;
        for (int i = 0; i < MOST_HALVINGS; i++) {
            double middle = 0.5 * (low + high);
            if (middle == low || middle == high) {
                break;
            }
            if (cumulative(middle) < probability) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /** The regularized incomplete beta function. */
    double cumulative(double x) {
        if (x <= 0) {
            return 0;
        }
        if (x >= 1) {
            return 1;
        }
        double front = Math.exp(logScale + a * Math.log(x) + b * Math.log1p(-x));
        // The fraction converges fast on this side of the mean; the other side by symmetry.
        return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b;
    }

    /** Lentz's method on the continued fraction (Abramowitz and Stegun, 26.5.8). */
    private static double fraction(double x, double a, double b) {
        double c = 1;
        double d = 1 / safe(1 - (a + b) * x / (a + 1));
        double value = d;
        for (int m = 1; m < MOST_TERMS; m++) {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / safe(1 + even * d);
            c = safe(1 + even / c);
            value *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / safe(1 + odd * d);
            c = safe(1 + odd / c);
            value *= d * c;
            if (Math.abs(d * c - 1) < 1e-16) {
                break;
            }
        }
        return value;
    }

    private static double safe(double value) {
        return Math.abs(value) < TINY ? TINY : value;
    }

    /** Stirling's series after moving the argument above 15. */
    private static double logGamma(double x) {
        double shift = 0;
        double z = x;
        while (z < 15) {
            shift += Math.log(z);
            z++;
        }
        double inverse = 1 / (z * z);
        double series =
                (1 / 12.0 - inverse * (1 / 360.0 - inverse * (1 / 1260.0 - inverse * (1 / 1680.0 - inverse / 1188.0))))
                        / z;
        return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
    }
}
