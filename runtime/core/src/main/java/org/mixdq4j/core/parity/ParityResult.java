package org.mixdq4j.core.parity;

/**
 * How far one value is from the original implementation's.
 *
 * @param name {@code out.sample}, {@code tap.mid_block}, ...
 * @param scale largest magnitude of the reference
 * @param maxError largest absolute difference; NaN if ours is not finite
 */
public record ParityResult(String name, double scale, double maxError) {
    /** {@link #maxError} as a share of {@link #scale}. */
    public double relative() {
        return scale == 0 ? maxError : maxError / scale;
    }

    /** Whether the error is within a tolerance; never for NaN. */
    public boolean within(double tolerance) {
        return relative() <= tolerance;
    }
}
