package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s8;
import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Primitive;

/**
 * The two products in integers. Queries are levels around 128, keys and values signed, weights integers of two bytes: the
 * high bytes of all rows lie before the low ones, and so do what they add up to.
 */
final class IntegerBlock extends Block {
    /**
     * What it depends on.
     *
     * @param depth features of a head, filled up to whole vectors
     * @param stride bytes from one query, key or value to the next
     */
    record Size(int queries, int keys, int depth, int stride) {}

    private final Size size;
    final int scoreStride;
    final int weightStride;
    /** First byte in the thread's memory; likewise the others. */
    final int scoresAt;

    final int weightsAt;
    final int sumsAt;
    private final NativeMemory queries;
    private final NativeMemory keys;
    private final NativeMemory keyScales;
    private final NativeMemory keyBias;
    private final NativeMemory values;
    private final Primitive first;
    private final Primitive second;

    IntegerBlock(Size size) {
        this.size = size;
        long n = size.queries;
        long m = size.keys;
        long d = size.depth;
        scoreStride = HeadShape.stride(size.keys, Float.BYTES);
        weightStride = HeadShape.stride(size.keys, Byte.BYTES);
        scoresAt = reserve(Float.BYTES * n * scoreStride);
        weightsAt = reserve(2 * n * weightStride);
        sumsAt = reserve(2 * n * d * Float.BYTES);
        queries = elsewhere(NativeMemory.strided(dnnl_u8, new long[] {n, d}, size.stride, 1));
        keys = elsewhere(NativeMemory.strided(dnnl_s8, new long[] {d, m}, 1, size.stride));
        keyScales = elsewhere(NativeMemory.rowMajor(dnnl_f32, m));
        keyBias = elsewhere(NativeMemory.rowMajor(dnnl_f32, 1, m));
        values = elsewhere(NativeMemory.strided(dnnl_s8, new long[] {m, d}, size.stride, 1));
        first = product(
                queries,
                keys,
                placed(scoresAt, NativeMemory.strided(dnnl_f32, new long[] {n, m}, scoreStride, 1)),
                keyScales,
                keyBias);
        second = product(
                placed(weightsAt, NativeMemory.strided(dnnl_u8, new long[] {2 * n, m}, weightStride, 1)),
                values,
                placed(sumsAt, NativeMemory.rowMajor(dnnl_f32, 2 * n, d)),
                null,
                null);
    }

    void scores(long queriesAt, long keysAt, long scalesAt, long biasAt) {
        queries.attach(queriesAt);
        keys.attach(keysAt);
        keyScales.attach(scalesAt);
        keyBias.attach(biasAt);
        first.execute();
    }

    void sums(long valuesAt) {
        values.attach(valuesAt);
        second.execute();
    }

    @Override
    public String toString() {
        return size.toString();
    }
}
