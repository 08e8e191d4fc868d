package org.mixdq4j.cpu.vector;

/**
 * {@code 2^(x + 17)} for {@code x} below 0 by operations that are rounded alike everywhere: {@code x = n + f}, a polynomial
 * of degree 5 for {@code 2^(f + 17)}, and n added to the exponent. Within 3e-7 of each; below -100 it stays at that power.
 */
final class Powers {
    /** Added to exponents, so that none is 0 or more and the largest power is a little less than 2^16. */
    static final float OFFSET = -1.001f;
    /** Bits of -100, the lowest exponent: as an integer it is more than those of all that lie above. */
    static final int LOWEST = 0xC2C80000;
    /** The smallest relative error over [-1/2, 1/2], times 2^17. */
    static final float C0 = 131072f * 1.00000007f;

    static final float C1 = 131072f * 0.69314697f;
    static final float C2 = 131072f * 0.24022120f;
    static final float C3 = 131072f * 0.05550713f;
    static final float C4 = 131072f * 0.00967554f;
    static final float C5 = 131072f * 0.00132765f;

    private Powers() {}

    /** @param x below 0 */
    static float of(float x) {
        float t = Float.intBitsToFloat(Math.min(Float.floatToRawIntBits(x), LOWEST));
        float shifted = t + Exponential.ROUNDER;
        float f = t - (shifted - Exponential.ROUNDER);
        float p = Math.fma(f, C5, C4);
        p = Math.fma(p, f, C3);
        p = Math.fma(p, f, C2);
        p = Math.fma(p, f, C1);
        p = Math.fma(p, f, C0);
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
