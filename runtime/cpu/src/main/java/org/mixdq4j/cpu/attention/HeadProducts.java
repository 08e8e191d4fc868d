package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.*;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.OpenMp;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.Resources;

/** {@code scores = q k^T} and {@code result = weights v} for a block of queries of one head, by the thread that asks. */
final class HeadProducts implements Resources.Native {
    private final Resources resources = new Resources();
    private final HeadShape shape;
    private final NativeMemory query;
    private final NativeMemory key;
    private final NativeMemory value;
    private final NativeMemory scores;
    private final NativeMemory weights;
    private final NativeMemory result;
    private final Primitive first;
    private final Primitive second;
    private NativeMemory firstPad;
    private NativeMemory secondPad;

    HeadProducts(HeadShape shape) {
        this.shape = shape;
        int type = shape.type() == DType.F32 ? dnnl_f32 : dnnl_bf16;
        long n = shape.queries();
        long m = shape.keys();
        long d = shape.depth();
        query = matrix(type, n, d, shape.queryStride(), 1);
        key = matrix(type, d, m, 1, shape.keyStride());
        value = matrix(type, m, d, shape.valueStride(), 1);
        scores = matrix(dnnl_f32, n, m, shape.scoreStride(), 1);
        weights = shape.type() == DType.F32 ? scores : matrix(type, n, m, shape.scoreStride(), 1);
        result = matrix(dnnl_f32, n, d, shape.resultStride(), 1);
        first = product(query, key, scores, true);
        second = product(weights, value, result, false);
    }

    private NativeMemory matrix(int type, long rows, long columns, long rowStride, long columnStride) {
        return resources.add(
                NativeMemory.detached(NativeMemory.strided(type, new long[] {rows, columns}, rowStride, columnStride)));
    }

    private Primitive product(NativeMemory a, NativeMemory b, NativeMemory to, boolean isFirst) {
        OpenMp.plan(false);
        try (Attributes attributes = new Attributes()) {
            attributes.ownScratch();
            dnnl_primitive_desc description = new dnnl_primitive_desc();
            OneDnn.check(
                    dnnl_matmul_primitive_desc_create(
                            description,
                            OneDnn.get().engine(),
                            a.layout(),
                            b.layout(),
                            null,
                            to.layout(),
                            attributes.handle()),
                    "plan a product of attention, " + shape);
            dnnl_memory_desc layout = Primitive.layout(description, DNNL_ARG_SCRATCHPAD);
            Primitive.Binding binding = new Primitive.Binding()
                    .bind(DNNL_ARG_SRC, a)
                    .bind(DNNL_ARG_WEIGHTS, b)
                    .bind(DNNL_ARG_DST, to);
            if (dnnl_memory_desc_get_size(layout) > 0) {
                NativeMemory pad = resources.add(NativeMemory.detached(NativeMemory.copy(layout)));
                binding.bind(DNNL_ARG_SCRATCHPAD, pad);
                if (isFirst) {
                    firstPad = pad;
                } else {
                    secondPad = pad;
                }
            }
            return resources.add(binding.compile(description));
        }
    }

    HeadShape shape() {
        return shape;
    }

    /** Bytes that the products need while they run. */
    long padBytes() {
        return Math.max(firstPad == null ? 0 : firstPad.bytes(), secondPad == null ? 0 : secondPad.bytes());
    }

    /** Says where scores, weights (if they are of another type) and what the products need while they run lie. */
    void bind(long scoresAt, long weightsAt, long padAt) {
        scores.attach(scoresAt);
        if (weights != scores) {
            weights.attach(weightsAt);
        }
        if (firstPad != null) {
            firstPad.attach(padAt);
        }
        if (secondPad != null) {
            secondPad.attach(padAt);
        }
    }

    void scores(long queryAt, long keyAt) {
        query.attach(queryAt);
        key.attach(keyAt);
        first.execute();
    }

    void result(long valueAt, long resultAt) {
        value.attach(valueAt);
        result.attach(resultAt);
        second.execute();
    }

    /** oneDNN's names of its kernels. */
    String implementations() {
        return first.implementation() + ", " + second.implementation();
    }

    @Override
    public void close() {
        resources.close();
    }
}
