package org.mixdq4j.core.quantize.range;

import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quantize.statistics.Histogram;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;

/** Statistics to quantization parameters. */
public final class RangeChooser {
    /** Clipping factors tried by the MSE search: 1.00, 0.99, ... down to this. */
    private static final int LOWEST_PERCENT = 30;

    private final RangeMethod method;
    private final double percentile;

    /** @param percentile share of values to keep, in percent; for {@link RangeMethod#PERCENTILE} */
    public RangeChooser(RangeMethod method, double percentile) {
        this.method = method;
        this.percentile = percentile;
    }

    public AffineParams choose(TensorStatistics statistics, int bits) {
        return switch (method) {
            case MINMAX -> AffineParams.ofRange(statistics.min(), statistics.max(), bits);
            case RUNNING_MINMAX -> AffineParams.ofRange(statistics.runningMin(), statistics.runningMax(), bits);
            case PERCENTILE -> {
                double cut = (1 - percentile / 100) / 2;
                yield AffineParams.ofRange(
                        Math.max(quantile(statistics, cut), statistics.min()),
                        Math.min(quantile(statistics, 1 - cut), statistics.max()),
                        bits);
            }
            case MSE -> leastError(statistics, bits);
        };
    }

    /** The value below which a share of all values lies, to the width of a histogram bin. */
    static double quantile(TensorStatistics statistics, double share) {
        Histogram histogram = statistics.histogram();
        double target = share * statistics.count();
        long below = 0;
        for (int bin = 0; bin < Histogram.BINS; bin++) {
            long here = histogram.count(bin);
            if (here > 0 && below + here >= target) {
                double fraction = Math.max(0, target - below) / here;
                return histogram.edge(bin) + fraction * (histogram.edge(bin + 1) - histogram.edge(bin));
            }
            below += here;
        }
        return statistics.max();
    }

    private static AffineParams leastError(TensorStatistics statistics, int bits) {
        AffineParams best = null;
        double bestError = Double.POSITIVE_INFINITY;
        for (int percent = 100; percent >= LOWEST_PERCENT; percent--) {
            AffineParams params =
                    AffineParams.ofRange(statistics.min() * percent / 100.0, statistics.max() * percent / 100.0, bits);
            double error = squaredError(statistics.histogram(), params);
            if (error < bestError) {
                best = params;
                bestError = error;
            }
        }
        return best;
    }

    /**
     * The summed squared difference between what was counted and its quantized values, if values are spread evenly over
     * their bin: exact for values far from zero, near it and beyond the range alike. (A mean error of scale^2 / 12 would
     * be wrong for the many values smaller than a step, which round to zero.)
     */
    static double squaredError(Histogram histogram, AffineParams params) {
        if (histogram.limit() == 0) {
            return 0;
        }
        double error = 0;
        for (int bin = 0; bin < Histogram.BINS; bin++) {
            long count = histogram.count(bin);
            if (count > 0) {
                double from = histogram.edge(bin) / params.scale() + params.zeroPoint();
                double to = histogram.edge(bin + 1) / params.scale() + params.zeroPoint();
                error += count * (integral(to, params) - integral(from, params)) / (to - from);
            }
        }
        return error * params.scale() * params.scale();
    }

    /** Integral of the squared distance to the nearest level, in steps: 1/12 a level, and a cube for what is left. */
    private static double integral(double position, AffineParams params) {
        double level = Math.max(0, Math.min(params.maxLevel(), Math.rint(position)));
        double rest = position - level;
        return level / 12 + rest * rest * rest / 3;
    }
}
