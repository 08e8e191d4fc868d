package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;

/**
 * {@code [rows, channels] x [outputs, channels]^T}: a Linear, or a 1x1 convolution on NHWC.
 *
 * @param rank axes of all matrices, the first ones of extent 1: which operations oneDNN can add to a product without
 *     falling back to loops depends on it
 */
record MatmulGeometry(long rows, int outputs, int rank) implements Geometry {
    private static final int PLAIN = 2;
    /** Of those in which oneDNN knows a factor for each row, the one with the faster kernels first. */
    private static final int[] WITH_ROW_SCALES = {4, 3};

    /** A product whose rows have no scales. */
    MatmulGeometry(long rows, int outputs) {
        this(rows, outputs, PLAIN);
    }

    /**
     * A product whose rows have scales.
     *
     * @param bias whether something is added for each output
     */
    static MatmulGeometry withRowScales(long rows, int outputs, int channels, boolean bias) {
        for (int rank : WITH_ROW_SCALES) {
            MatmulGeometry geometry = new MatmulGeometry(rows, outputs, rank);
            if (geometry.hasKernel(channels, bias)) {
                return geometry;
            }
        }
        return new MatmulGeometry(rows, outputs, WITH_ROW_SCALES[0]);
    }

    private boolean hasKernel(int channels, boolean bias) {
        dnnl_memory_desc weights = packedWeights(channels);
        dnnl_memory_desc input = input(channels);
        dnnl_memory_desc output = output(dnnl_f32);
        try (Attributes attributes = new Attributes()) {
            attributes.zeroPoint(DNNL_ARG_SRC).scales(DNNL_ARG_WEIGHTS, scaleMask());
            dnnl_memory_desc scales = rowScales();
            attributes.multiply(scales);
            dnnl_memory_desc_destroy(scales);
            if (bias) {
                dnnl_memory_desc biases = bias();
                attributes.add(biases);
                dnnl_memory_desc_destroy(biases);
            }
            dnnl_primitive_desc description = describe(input, weights, null, output, attributes);
            boolean found = !Primitive.implementation(description).startsWith("ref");
            dnnl_primitive_desc_destroy(description);
            return found;
        } finally {
            dnnl_memory_desc_destroy(weights);
            dnnl_memory_desc_destroy(input);
            dnnl_memory_desc_destroy(output);
        }
    }

    @Override
    public int taps() {
        return 1;
    }

    @Override
    public dnnl_memory_desc input(int channels) {
        return NativeMemory.rowMajor(dnnl_u8, dims(rows, channels));
    }

    @Override
    public dnnl_memory_desc inside(int channels, int all) {
        return NativeMemory.strided(dnnl_u8, dims(rows, channels), strides(all, 1, rows * all));
    }

    @Override
    public dnnl_memory_desc plainWeights(int channels) {
        return NativeMemory.strided(dnnl_s8, dims(channels, outputs), strides(1, channels, (long) channels * outputs));
    }

    @Override
    public dnnl_memory_desc packedWeights(int channels) {
        return NativeMemory.any(dnnl_s8, dims(channels, outputs));
    }

    @Override
    public List<WeightLayout.Meaning> weightAxes() {
        return IntStream.range(0, rank)
                .mapToObj(axis -> new WeightLayout.Meaning(axis == rank - 1 ? Axis.OUTPUT : Axis.INPUT, 1))
                .toList();
    }

    @Override
    public dnnl_memory_desc bias() {
        return NativeMemory.rowMajor(dnnl_f32, dims(1, outputs));
    }

    /** The layout of one factor a row. */
    dnnl_memory_desc rowScales() {
        return NativeMemory.rowMajor(dnnl_f32, dims(rows, 1));
    }

    @Override
    public dnnl_memory_desc output(int type) {
        return NativeMemory.rowMajor(type, dims(rows, outputs));
    }

    @Override
    public int scaleMask() {
        return 1 << rank - 1;
    }

    @Override
    public dnnl_primitive_desc describe(
            dnnl_memory_desc input,
            dnnl_memory_desc weights,
            dnnl_memory_desc bias,
            dnnl_memory_desc output,
            Attributes attributes) {
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_matmul_primitive_desc_create(
                        description, OneDnn.get().engine(), input, weights, bias, output, attributes.handle()),
                "plan an integer product of " + rows + " rows and " + outputs + " outputs");
        return description;
    }

    private long[] dims(long first, long second) {
        return strides(first, second, 1);
    }

    /** The last two numbers after as many others as there are other axes. */
    private long[] strides(long first, long second, long others) {
        long[] all = new long[rank];
        Arrays.fill(all, others);
        all[rank - 2] = first;
        all[rank - 1] = second;
        return all;
    }
}
