package org.mixdq4j.cpu.attention;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.Scratch;

/** Makes rows of scores rows of weights. */
record Softmax(int keys, float scale, boolean causal, Loops loops) {
    /**
     * One row, in place or, of BF16, into {@link Slot#weights}.
     *
     * @param at first element of the row
     * @param query number of the query: a causal one sees no later keys
     * @param bias added after scaling, from element {@code biasAt} on; or null
     */
    void row(Slot slot, int at, int query, FloatBuffer bias, int biasAt, DType type) {
        Scratch scratch = Scratch.of(keys);
        float[] x = scratch.main;
        int seen = causal ? query + 1 : keys;
        slot.scores().get(at, x, 0, seen);
        float factor = scale;
        if (bias != null) {
            bias.get(biasAt, scratch.second, 0, seen);
            loops.scale(x, 0, seen, scale);
            loops.add(x, 0, seen, scratch.second, 0);
            factor = 1;
        }
        float maximum = loops.maximum(x, 0, seen);
        float sum = loops.exponentials(x, 0, seen, maximum, factor, scratch.lanes);
        // Exponentials of what is not finite are finite: what is not a number shows here.
        loops.scale(x, 0, seen, Float.isFinite(maximum) ? 1 / sum : Float.NaN);
        Arrays.fill(x, seen, keys, 0);
        if (type == DType.F32) {
            slot.scores().put(at, x, 0, keys);
        } else {
            loops.narrow(x, 0, keys, scratch.shorts, 0);
            slot.weights().put(at, scratch.shorts, 0, keys);
        }
    }
}
