package org.mixdq4j.cpu.vector;

/**
 * e^x in float32 by operations that are rounded alike everywhere: {@code x = n ln 2 + r}, a polynomial of degree 7
 * for e^r, and n added to the exponent. Within 2 units in the last place for {@code |x| <= MAX}; beyond, the result is that
 * of MAX or -MAX. So is that of NaN, which callers have to keep another way.
 */
final class Exponential {
    static final float MAX = 87f;
    static final int MAX_BITS = 0x42AE0000;
    static final float LOG2_E = 1.44269504f;
    /** 1.5 * 2^23: added to a number of fewer than 22 bits, it rounds it half to even, into the lowest bits. */
    static final float ROUNDER = 12582912f;
    /** ln 2 in two parts, of which the first has so few bits that its product with n is exact. */
    static final float LN2_HIGH = 0.693359375f;

    static final float LN2_LOW = -2.12194440e-4f;
    /** Of r^2 to r^7 in e^r, highest first (Cephes' expf). */
    static final float C7 = 1.9875691500e-4f;

    static final float C6 = 1.3981999507e-3f;
    static final float C5 = 8.3334519073e-3f;
    static final float C4 = 4.1665795894e-2f;
    static final float C3 = 1.6666665459e-1f;
    static final float C2 = 5.0000001201e-1f;

    private Exponential() {}

    static float of(float unbounded) {
        int bits = Float.floatToRawIntBits(unbounded);
        float x = Float.intBitsToFloat(Math.min(bits & 0x7FFFFFFF, MAX_BITS) | bits & 0x80000000);
        float shifted = Math.fma(x, LOG2_E, ROUNDER);
        float n = shifted - ROUNDER;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
        float p = Math.fma(r, C7, C6);
        p = Math.fma(p, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p * r, r, r) + 1f;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
