package org.mixdq4j.core.quant;

/**
 * Asymmetric uniform quantization of one range to unsigned integers {@code [0, 2^bits - 1]} (MixDQ's activations).
 *
 * <p>{@code quantize(x) = clamp(rint(x * (1 / scale) + zeroPoint))}, all in float32 without fused multiply-add and with
 * rounding half to even, as the published INT8 kernels do: every executor must give exactly these integers.
 *
 * @param scale width of one step, in the units of the data; positive
 * @param zeroPoint integer that stands for 0.0; in {@code [0, 2^bits - 1]}
 * @param bits 2 to 8
 */
public record AffineParams(float scale, int zeroPoint, int bits) implements InputQuant {
    /** Smallest scale given out, so that an all-zero range stays finite. */
    public static final float MIN_SCALE = 1e-8f;

    public AffineParams {
        if (!(scale > 0)
                || Float.isInfinite(scale)
                || bits < 2
                || bits > 8
                || zeroPoint < 0
                || zeroPoint >= 1 << bits) {
            throw new IllegalArgumentException(
                    "no " + bits + "-bit quantizer has scale " + scale + " and zero point " + zeroPoint);
        }
    }

    /** Parameters whose integers span {@code [lo, hi]}, widened to hold 0 so that zero is represented exactly. */
    public static AffineParams ofRange(double lo, double hi, int bits) {
        double low = Math.min(lo, 0);
        double high = Math.max(hi, 0);
        int levels = (1 << bits) - 1;
        float scale = (float) Math.max((high - low) / levels, MIN_SCALE);
        int zeroPoint = (int) Math.max(0, Math.min(levels, Math.rint(-low / scale)));
        return new AffineParams(scale, zeroPoint, bits);
    }

    /** The factor x is multiplied by: the float32 reciprocal of the scale. */
    public float inverseScale() {
        return 1f / scale;
    }

    public int quantize(float x) {
        float level = x * inverseScale() + zeroPoint;
        return (int) Math.max(0, Math.min(maxLevel(), Math.rint(level)));
    }

    public float dequantize(int level) {
        return (level - zeroPoint) * scale;
    }
}
