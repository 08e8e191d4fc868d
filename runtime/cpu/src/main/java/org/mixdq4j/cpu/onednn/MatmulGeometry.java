package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;

/** {@code [rows, channels] x [outputs, channels]^T}: a Linear, or a 1x1 convolution on NHWC. */
record MatmulGeometry(long rows, int outputs) implements Geometry {
    @Override
    public int taps() {
        return 1;
    }

    @Override
    public dnnl_memory_desc input(int channels) {
        return NativeMemory.rowMajor(dnnl_u8, rows, channels);
    }

    @Override
    public dnnl_memory_desc inside(int channels, int all) {
        return NativeMemory.strided(dnnl_u8, new long[] {rows, channels}, all, 1);
    }

    @Override
    public dnnl_memory_desc plainWeights(int channels) {
        return NativeMemory.strided(dnnl_s8, new long[] {channels, outputs}, 1, channels);
    }

    @Override
    public dnnl_memory_desc packedWeights(int channels) {
        return NativeMemory.any(dnnl_s8, channels, outputs);
    }

    @Override
    public List<WeightLayout.Meaning> weightAxes() {
        return List.of(new WeightLayout.Meaning(Axis.INPUT, 1), new WeightLayout.Meaning(Axis.OUTPUT, 1));
    }

    @Override
    public dnnl_memory_desc bias() {
        return NativeMemory.rowMajor(dnnl_f32, 1, outputs);
    }

    @Override
    public dnnl_memory_desc output(int type) {
        return NativeMemory.rowMajor(type, rows, outputs);
    }

    @Override
    public int scaleMask() {
        return 1 << 1;
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
}
