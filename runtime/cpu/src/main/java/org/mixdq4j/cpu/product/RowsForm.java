package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;

/**
 * {@code [rows, channels] x [outputs, channels]^T}: a Linear, or a 1x1 convolution.
 *
 * @param rank axes of all matrices, the first ones of extent 1: which operations oneDNN can add to a product without
 *     falling back to loops depends on it
 */
record RowsForm(long rows, int outputs, int rank) implements Form {
    /** A rank in which oneDNN knows a factor for each row. */
    static final int WITH_ROW_SCALES = 4;

    static final int PLAIN = 2;

    @Override
    public int taps() {
        return 1;
    }

    @Override
    public dnnl_memory_desc source(View view) {
        return matrix(view);
    }

    @Override
    public dnnl_memory_desc result(View view) {
        return matrix(view);
    }

    /** A matrix of this many rows. */
    dnnl_memory_desc dense(int type, int columns) {
        return NativeMemory.rowMajor(type, last(rows, columns, 1));
    }

    /** Columns of a dense matrix of this many rows and {@code all} columns. */
    dnnl_memory_desc strided(int type, int columns, int all) {
        return NativeMemory.strided(type, last(rows, columns, 1), last(all, 1, all * rows));
    }

    private dnnl_memory_desc matrix(View view) {
        long stride = view.rowStride();
        long[] dims = last(view.rows(), view.columns(), 1);
        return NativeMemory.strided(Types.of(view.value().type()), dims, last(stride, 1, stride * view.rows()));
    }

    @Override
    public dnnl_memory_desc perOutput() {
        return NativeMemory.rowMajor(dnnl_f32, last(1, outputs, 1));
    }

    @Override
    public dnnl_memory_desc perRow() {
        return NativeMemory.rowMajor(dnnl_f32, last(rows, 1, 1));
    }

    @Override
    public dnnl_memory_desc plainWeights(int type, int channels) {
        return NativeMemory.strided(type, last(channels, outputs, 1), last(1, channels, (long) channels * outputs));
    }

    @Override
    public dnnl_memory_desc anyWeights(int type, int channels) {
        return NativeMemory.any(type, last(channels, outputs, 1));
    }

    @Override
    public List<WeightLayout.Meaning> weightAxes() {
        return IntStream.range(0, rank)
                .mapToObj(axis -> new WeightLayout.Meaning(axis == rank - 1 ? Axis.OUTPUT : Axis.INPUT, 1))
                .toList();
    }

    @Override
    public int scaleMask() {
        return 1 << rank - 1;
    }

    @Override
    public dnnl_primitive_desc describe(
            dnnl_memory_desc source,
            dnnl_memory_desc weights,
            dnnl_memory_desc bias,
            dnnl_memory_desc result,
            Attributes attributes) {
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_matmul_primitive_desc_create(
                        description, OneDnn.get().engine(), source, weights, bias, result, attributes.handle()),
                "plan a product of " + rows + " rows and " + outputs + " outputs");
        return description;
    }

    /** The last two numbers after as many others as there are other axes. */
    private long[] last(long first, long second, long others) {
        long[] all = new long[rank];
        Arrays.fill(all, others);
        all[rank - 2] = first;
        all[rank - 1] = second;
        return all;
    }
}
