package org.mixdq4j.core.random;

/**
 * The stream of PyTorch's CPU generator, so that a seed gives the same starting noise as
 * {@code torch.Generator("cpu").manual_seed(seed)} gives diffusers.
 *
 * <p>The uniform numbers are PyTorch's bit for bit. The normal ones are rounded from {@link StrictMath}, so they are the
 * same on every JVM; PyTorch's vectorized logarithm, sine and cosine differ from them by a few units in the last place,
 * and between its own builds too.
 *
 * <p>Only the low 32 bits of a seed count, as in PyTorch. Not thread-safe.
 */
public final class TorchRandom {
    /** From this many values on, PyTorch fills whole blocks; below, it draws one value at a time in double. */
    private static final int BLOCK = 16;

    private static final int HALF = BLOCK / 2;
    private static final float TWO_PI = (float) (2 * Math.PI);
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private final MersenneTwister bits;
    /** The second value of the last pair drawn one at a time; NaN if it was used. Block draws leave it alone. */
    private double spare = Double.NaN;

    public TorchRandom(long seed) {
        bits = new MersenneTwister((int) seed);
    }

    /**
     * A seed for one sample of a set: {@code SplitMix64(baseSeed + (sampleId + 1) * 0x9e3779b97f4a7c15) >>> 32}, where
     * SplitMix64 is the finalizer of Steele, Lea and Flood (2014) with the constants of Stafford's mix 13. It depends on
     * nothing but its arguments, so samples may be drawn in any order and set.
     *
     * @return in [0, 2^32), all of which {@link #TorchRandom(long)} and {@code manual_seed} tell apart
     */
    public static long seedOf(long sampleId, long baseSeed) {
        long z = baseSeed + (sampleId + 1) * GOLDEN_GAMMA;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return (z ^ z >>> 31) >>> 32;
    }

    /**
     * The next {@code count} unit-normal numbers: what {@code torch.randn} gives for a contiguous float32 tensor of that
     * many elements. Two calls are not one call of the sum: PyTorch's layout of the stream depends on the count.
     */
    public float[] normal(int count) {
        float[] values = new float[count];
        if (count < BLOCK) {
            for (int i = 0; i < count; i++) {
                values[i] = (float) nextNormal();
            }
            return values;
        }
        for (int i = 0; i < count; i++) {
            values[i] = uniform24();
        }
        int start = 0;
        for (; start + BLOCK <= count; start += BLOCK) {
            toNormal(values, start);
        }
        if (start < count) {
            start = count - BLOCK;
            for (int i = start; i < count; i++) {
                values[i] = uniform24();
            }
            toNormal(values, start);
        }
        return values;
    }

    /** Box-Muller on one block: its first half holds the radii's uniforms, its second the angles'. */
    private static void toNormal(float[] values, int start) {
        for (int i = start; i < start + HALF; i++) {
            float radius = (float) Math.sqrt(-2f * (float) StrictMath.log(1f - values[i]));
            float angle = TWO_PI * values[i + HALF];
            values[i] = radius * (float) StrictMath.cos(angle);
            values[i + HALF] = radius * (float) StrictMath.sin(angle);
        }
    }

    private double nextNormal() {
        if (!Double.isNaN(spare)) {
            double value = spare;
            spare = Double.NaN;
            return value;
        }
        double angle = 2 * Math.PI * uniform53();
        double radius = Math.sqrt(-2 * StrictMath.log1p(-uniform53()));
        spare = radius * StrictMath.sin(angle);
        return radius * StrictMath.cos(angle);
    }

    private float uniform24() {
        return (bits.next32() & 0xffffff) * 0x1p-24f;
    }

    private double uniform53() {
        long high = bits.next32();
        long low = bits.next32() & 0xffffffffL;
        return (high << 32 & 0x1fffffffffffffL | low) * 0x1p-53;
    }
}
