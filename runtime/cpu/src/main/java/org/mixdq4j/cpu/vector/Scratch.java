package org.mixdq4j.cpu.vector;

import java.util.Arrays;

/**
 * A thread's own small arrays. All steps use the same ones, so they stay in the processor's nearest cache; they grow to
 * what the widest row needs and no further.
 */
public final class Scratch {
    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

    /** What a step works on. */
    public float[] main = new float[0];
    /** An operand. */
    public float[] second = new float[0];

    /** Floats of 16 bits. */
    public short[] shorts = new short[0];

    byte[] bytes = new byte[0];
    /** Partial sums. */
    public final float[] lanes = new float[Lanes.COUNT];

    private Scratch() {}

    /** The calling thread's, with room for {@code elements} in each array and for vectors that reach behind them. */
    public static Scratch of(int elements) {
        Scratch scratch = OWN.get();
        int room = elements + 4 * Loops.PADDING;
        if (scratch.main.length < room) {
            scratch.main = Arrays.copyOf(scratch.main, room);
            scratch.second = Arrays.copyOf(scratch.second, room);
            scratch.shorts = Arrays.copyOf(scratch.shorts, room);
            scratch.bytes = Arrays.copyOf(scratch.bytes, room);
        }
        return scratch;
    }

    /** {@code elements} rounded up to whole vectors. */
    static int padded(int elements) {
        return (elements + Loops.PADDING - 1) / Loops.PADDING * Loops.PADDING;
    }

    /** A copy with room for vectors that reach behind it. */
    static float[] padded(float[] values) {
        return Arrays.copyOf(values, padded(values.length));
    }
}
