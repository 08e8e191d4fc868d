package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Primitive;

/**
 * {@code scores = q k^T} and {@code result = weights v} in floats; weights overwrite scores, which begin where the thread's
 * memory does. Weights are not divided by their sum yet.
 */
final class FloatBlock extends Block {
    private final HeadShape shape;
    private final NativeMemory query;
    private final NativeMemory key;
    private final NativeMemory value;
    /** First byte in the thread's memory. */
    final int resultAt;

    private final Primitive first;
    private final Primitive second;

    FloatBlock(HeadShape shape) {
        this.shape = shape;
        long n = shape.queries();
        long m = shape.keys();
        long d = shape.depth();
        int scoreStride = HeadShape.stride(shape.keys(), Float.BYTES);
        query = elsewhere(matrix(n, d, shape.queryStride(), 1));
        key = elsewhere(matrix(d, m, 1, shape.keyStride()));
        value = elsewhere(matrix(m, d, shape.valueStride(), 1));
        NativeMemory scores = placed(reserve(Float.BYTES * n * scoreStride), matrix(n, m, scoreStride, 1));
        int resultStride = Softmax.filled(shape.depth());
        resultAt = reserve(Float.BYTES * n * resultStride);
        NativeMemory result = placed(resultAt, matrix(n, d, resultStride, 1));
        first = product(query, key, scores, null, null);
        second = product(scores, value, result, null, null);
    }

    private static dnnl_memory_desc matrix(long rows, long columns, long rowStride, long columnStride) {
        return NativeMemory.strided(dnnl_f32, new long[] {rows, columns}, rowStride, columnStride);
    }

    void scores(long queryAt, long keyAt) {
        query.attach(queryAt);
        key.attach(keyAt);
        first.execute();
    }

    void result(long valueAt) {
        value.attach(valueAt);
        second.execute();
    }

    @Override
    public String toString() {
        return shape.toString();
    }
}
