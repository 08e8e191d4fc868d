package org.mixdq4j.cpu.vector;

/**
 * What GELU takes away from {@code max(0, x)}: |x| times the share {@code Q} of a normal distribution above |x|. With {@code n = -|x|} it
 * is {@code -n p(n)^4}, p being a polynomial of degree 10 for the fourth root of Q, which falls so slowly that one polynomial does: nothing is
 * divided, and no power of e is needed. Fitted for the least largest error of {@code n p(n)^4} on [-5.75, 0], which is 1.2e-8, 1e-7 in
 * float32. Beyond, it is that of -5.75, less than 3e-8.
 */
final class NormalTail {
    /** The bits of -5.75, the least n that is distinguished: of bits of negative numbers the least are those nearest to 0. */
    static final int LEAST_BITS = 0xC0B80000;

    static final float C0 = 0.8408961296081543f;
    static final float C1 = 0.16772997379302979f;
    static final float C2 = -0.05021367594599724f;
    static final float C3 = -0.004669879097491503f;
    static final float C4 = 0.00380316493101418f;
    static final float C5 = 7.767878560116515e-05f;
    static final float C6 = -0.00026343215722590685f;
    static final float C7 = -3.609377017710358e-05f;
    static final float C8 = 2.7287994726066245e-06f;
    static final float C9 = 8.69361940658564e-07f;
    static final float C10 = 4.982376822226797e-08f;

    private NormalTail() {}

    /** {@code n Q(-n)}, which is not positive. @param bits of n, which is not positive */
    static float product(int bits) {
        float n = Float.intBitsToFloat(Math.min(bits, LEAST_BITS));
        float p = Math.fma(n, C10, C9);
        p = Math.fma(p, n, C8);
        p = Math.fma(p, n, C7);
        p = Math.fma(p, n, C6);
        p = Math.fma(p, n, C5);
        p = Math.fma(p, n, C4);
        p = Math.fma(p, n, C3);
        p = Math.fma(p, n, C2);
        p = Math.fma(p, n, C1);
        p = Math.fma(p, n, C0);
        float square = p * p;
        return square * square * n;
    }
}
