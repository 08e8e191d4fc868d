package org.mixdq4j.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.mixdq4j.core.quant.Rotation;

/**
 * {@link Rotation} with the Vector API. Stages whose quadruples lie within a vector exchange its lanes: signs are
 * multiplied, which is exact, so that every lane adds two numbers. In later stages each of the four is a vector.
 */
final class VectorRotation {
    private static final VectorSpecies<Float> F = VectorLoops.F;
    private static final VectorSpecies<Float> QUARTER = FloatVector.SPECIES_128;
    private static final int L = F.length();
    /** The smallest run that whole vectors of either width divide. */
    private static final int LEAST = 16;

    private static final Lanes4 ONE = new Lanes4(1);
    private static final Lanes4 FOUR = L == LEAST ? new Lanes4(4) : ONE;

    /** What brings together four blocks of so many lanes, over and over. */
    private static final class Lanes4 {
        final VectorShuffle<Float> partner;
        final VectorShuffle<Float> firstPair;
        final VectorShuffle<Float> secondPair;
        final float[] own;
        final float[] other;
        final float[] first;
        final float[] second;

        Lanes4(int stride) {
            partner = shuffle(stride, 1, 0, 3, 2);
            firstPair = shuffle(stride, 0, 0, 1, 1);
            secondPair = shuffle(stride, 2, 2, 3, 3);
            own = signs(stride, 1, -1, 1, 1);
            other = signs(stride, 1, 1, -1, 1);
            first = signs(stride, 1, 1, 1, -1);
            second = signs(stride, 1, -1, 1, 1);
        }

        private static VectorShuffle<Float> shuffle(int stride, int... blocks) {
            return VectorShuffle.fromOp(F, lane -> {
                int block = lane / stride;
                return (block / 4 * 4 + blocks[block % 4]) * stride + lane % stride;
            });
        }

        private static float[] signs(int stride, float... blocks) {
            float[] signs = new float[L];
            for (int lane = 0; lane < L; lane++) {
                signs[lane] = blocks[lane / stride % 4];
            }
            return signs;
        }
    }

    private VectorRotation() {}

    static void rotate(float[] x, int at, int n, int size, float[] to, int toAt) {
        if (size < LEAST) {
            System.arraycopy(x, at, to, toAt, n);
            Rotation.apply(to, toAt, toAt + n, size);
            return;
        }
        float scale = Rotation.scale(size);
        float here = size == LEAST ? scale : 1;
        if (L == LEAST) {
            for (int i = 0; i < n; i += L) {
                FloatVector v = within(within(FloatVector.fromArray(F, x, at + i), ONE), FOUR);
                v.mul(here).intoArray(to, toAt + i);
            }
        } else {
            for (int i = 0; i < n; i += L) {
                within(FloatVector.fromArray(F, x, at + i), ONE).intoArray(to, toAt + i);
            }
            quarters(to, toAt, n, here);
        }
        for (int stride = LEAST; stride < size; stride *= 4) {
            across(to, toAt, n, stride, 4 * stride == size ? scale : 1);
        }
    }

    private static FloatVector within(FloatVector v, Lanes4 lanes) {
        FloatVector partner = v.rearrange(lanes.partner);
        // a + b, a - b, c - d, c + d
        FloatVector pairs = v.mul(FloatVector.fromArray(F, lanes.own, 0))
                .add(partner.mul(FloatVector.fromArray(F, lanes.other, 0)));
        return pairs.rearrange(lanes.firstPair)
                .mul(FloatVector.fromArray(F, lanes.first, 0))
                .add(pairs.rearrange(lanes.secondPair).mul(FloatVector.fromArray(F, lanes.second, 0)));
    }

    /** The stride 4, whose quadruples reach over two vectors of 8. */
    private static void quarters(float[] x, int at, int n, float scale) {
        int stride = QUARTER.length();
        for (int i = at; i < at + n; i += 4 * stride) {
            FloatVector a = FloatVector.fromArray(QUARTER, x, i);
            FloatVector b = FloatVector.fromArray(QUARTER, x, i + stride);
            FloatVector c = FloatVector.fromArray(QUARTER, x, i + 2 * stride);
            FloatVector d = FloatVector.fromArray(QUARTER, x, i + 3 * stride);
            FloatVector sum = a.add(b);
            FloatVector minus = a.sub(b);
            FloatVector plus = c.add(d);
            FloatVector difference = c.sub(d);
            sum.add(difference).mul(scale).intoArray(x, i);
            sum.sub(difference).mul(scale).intoArray(x, i + stride);
            minus.add(plus).mul(scale).intoArray(x, i + 2 * stride);
            plus.sub(minus).mul(scale).intoArray(x, i + 3 * stride);
        }
    }

    private static void across(float[] x, int at, int n, int stride, float scale) {
        for (int block = at; block < at + n; block += 4 * stride) {
            for (int i = block; i < block + stride; i += L) {
                FloatVector a = FloatVector.fromArray(F, x, i);
                FloatVector b = FloatVector.fromArray(F, x, i + stride);
                FloatVector c = FloatVector.fromArray(F, x, i + 2 * stride);
                FloatVector d = FloatVector.fromArray(F, x, i + 3 * stride);
                FloatVector sum = a.add(b);
                FloatVector minus = a.sub(b);
                FloatVector plus = c.add(d);
                FloatVector difference = c.sub(d);
                sum.add(difference).mul(scale).intoArray(x, i);
                sum.sub(difference).mul(scale).intoArray(x, i + stride);
                minus.add(plus).mul(scale).intoArray(x, i + 2 * stride);
                plus.sub(minus).mul(scale).intoArray(x, i + 3 * stride);
            }
        }
    }
}
