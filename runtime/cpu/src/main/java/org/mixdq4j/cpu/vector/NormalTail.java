package org.mixdq4j.cpu.vector;

/**
 * The share of a normal distribution above |x|: {@code exp(-x^2 / 2) (A1 t + ... + A7 t^7)} with {@code t = 1 / (1 + P |x|)},
 * the form of Hastings (Approximations for Digital Computers, 1955) with coefficients fitted for float32: |x| times the tail,
 * which is what GELU takes away, is off by at most 7e-8.
 */
final class NormalTail {
    static final float P = 0.33f;
    static final float A1 = 0.13218563795089722f;
    static final float A2 = 0.12283221632242203f;
    static final float A3 = 0.17011363804340363f;
    static final float A4 = -0.07066623866558075f;
    static final float A5 = 0.31350627541542053f;
    static final float A6 = -0.21165989339351654f;
    static final float A7 = 0.04368836432695389f;

    private NormalTail() {}

    static float of(float magnitude) {
        float t = 1f / Math.fma(magnitude, P, 1f);
        float p = Math.fma(t, A7, A6);
        p = Math.fma(p, t, A5);
        p = Math.fma(p, t, A4);
        p = Math.fma(p, t, A3);
        p = Math.fma(p, t, A2);
        p = Math.fma(p, t, A1);
        return p * t * Exponential.of(magnitude * magnitude * -0.5f);
    }
}
