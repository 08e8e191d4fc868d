package org.mixdq4j.core.quant;

/**
 * Quantization of each row (token) by its own largest magnitude, found at run time (ViDiT-Q's dynamic activations): with
 * {@code n = 2^(bits-1) - 1} and {@code zeroPoint = 2^(bits-1)},
 *
 * <pre>
 * scale = max(max|x| / n, MIN_SCALE)
 * q = clamp(rint(x * (1 / scale) + zeroPoint), 0, 2^bits - 1)
 * </pre>
 *
 * all in float32 and rounding half to even, as in {@link AffineParams}. A row that holds a value that is not finite has no
 * scale, which shows: its scale is NaN, its integers are 0, and so all it is multiplied to is NaN, as it is in float.
 *
 * @param bits 2 to 8
 */
public record TokenParams(int bits) implements InputQuant {
    public TokenParams {
        if (bits < 2 || bits > 8) {
            throw new IllegalArgumentException("inputs are quantized to 2 to 8 bits, not " + bits);
        }
    }

    /** The integer that stands for 0, of every row. */
    public int zeroPoint() {
        return 1 << bits - 1;
    }

    /** The scale of a row whose largest magnitude is this; NaN if that is not finite. */
    public float scale(float largest) {
        if (!Float.isFinite(largest)) {
            return Float.NaN;
        }
        return Math.max(largest / ((1 << bits - 1) - 1), AffineParams.MIN_SCALE);
    }

    /** The integer of {@code x} in a row of this scale. */
    public int quantize(float x, float scale) {
        float level = x * (1f / scale) + zeroPoint();
        return (int) Math.max(0, Math.min(maxLevel(), Math.rint(level)));
    }

    /** The largest magnitude of {@code values[from..to)}: NaN if one is NaN. */
    public static float largest(float[] values, int from, int to) {
        float largest = 0;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        return largest;
    }
}
