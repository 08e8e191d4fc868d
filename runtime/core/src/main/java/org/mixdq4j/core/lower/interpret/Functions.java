package org.mixdq4j.core.lower.interpret;

import org.mixdq4j.core.graph.op.Activate;

/** Element-wise functions: computed in double, rounded once. */
public final class Functions {
    private static final double GELU_CUBIC = 0.044715;
    private static final double QUICK_GELU_SLOPE = 1.702;
    /** From here on erf is 1 in double. */
    private static final double LARGE = 6;

    private Functions() {}

    public static float apply(Activate.Function function, float x) {
        return (float)
                switch (function) {
                    case SILU -> x * sigmoid(x);
                    case GELU -> gelu(x);
                    case GELU_TANH -> 0.5
                            * x
                            * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x * (1 + GELU_CUBIC * (double) x * x)));
                    case QUICK_GELU -> x * sigmoid(QUICK_GELU_SLOPE * x);
                    case RELU -> Math.max(0, x);
                    case EXP -> Math.exp(x);
                    case SOFT_CLAMP -> 3 * Math.tanh(x / 3.0);
                    case SIGNED -> 2.0 * x - 1;
                };
    }

    public static double gelu(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /**
     * The error function by {@code 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (1 3 5 ... (2n+1))}, all of whose terms have one
     * sign (Abramowitz and Stegun 7.1.6).
     */
    static double erf(double x) {
        if (Double.isNaN(x) || Math.abs(x) >= LARGE) {
            return Double.isNaN(x) ? x : Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }
}
