package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;

/** A convolution of images [B, H, W, C]. */
record ImageForm(Conv2d op, int outputs) implements Form {
    @Override
    public int taps() {
        return op.kernelHeight() * op.kernelWidth();
    }

    @Override
    public dnnl_memory_desc source(View view) {
        return image(view);
    }

    @Override
    public dnnl_memory_desc result(View view) {
        return image(view);
    }

    /** To oneDNN an image's axes are [B, C, H, W], however it is stored. */
    static dnnl_memory_desc image(View view) {
        Shape shape = view.shape();
        // Of an axis of one entry any stride will do, but oneDNN compares them.
        List<Long> strides = view.isDense() ? View.dense(shape) : view.strides();
        long[] dims = {shape.dim(0), shape.dim(3), shape.dim(1), shape.dim(2)};
        return NativeMemory.strided(
                Types.of(view.value().type()), dims, strides.get(0), strides.get(3), strides.get(1), strides.get(2));
    }

    /** An image of the view's extents and type without gaps. */
    static dnnl_memory_desc dense(View view) {
        return image(View.of(new Value("dense", view.shape(), view.value().type())));
    }

    @Override
    public dnnl_memory_desc perOutput() {
        return NativeMemory.rowMajor(dnnl_f32, 1, outputs, 1, 1);
    }

    @Override
    public dnnl_memory_desc bias() {
        return NativeMemory.rowMajor(dnnl_f32, outputs);
    }

    @Override
    public dnnl_memory_desc perRow() {
        throw new IllegalStateException("positions of an image share one scale");
    }

    @Override
    public dnnl_memory_desc plainWeights(int type, int channels) {
        return NativeMemory.rowMajor(type, outputs, channels, op.kernelHeight(), op.kernelWidth());
    }

    @Override
    public dnnl_memory_desc anyWeights(int type, int channels) {
        return NativeMemory.any(type, outputs, channels, op.kernelHeight(), op.kernelWidth());
    }

    @Override
    public List<WeightLayout.Meaning> weightAxes() {
        return List.of(
                new WeightLayout.Meaning(Axis.OUTPUT, 1),
                new WeightLayout.Meaning(Axis.INPUT, 1),
                new WeightLayout.Meaning(Axis.TAP, op.kernelWidth()),
                new WeightLayout.Meaning(Axis.TAP, 1));
    }

    @Override
    public int scaleMask() {
        return 1;
    }

    @Override
    public dnnl_primitive_desc describe(
            dnnl_memory_desc source,
            dnnl_memory_desc weights,
            dnnl_memory_desc bias,
            dnnl_memory_desc result,
            Attributes attributes) {
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        Conv2d.Padding padding = op.padding();
        OneDnn.check(
                dnnl_convolution_forward_primitive_desc_create(
                        description,
                        OneDnn.get().engine(),
                        dnnl_forward_inference,
                        dnnl_convolution_direct,
                        source,
                        weights,
                        bias,
                        result,
                        new long[] {op.stride(), op.stride()},
                        new long[] {0, 0},
                        new long[] {padding.top(), padding.left()},
                        new long[] {padding.bottom(), padding.right()},
                        attributes.handle()),
                "plan " + op);
        return description;
    }
}
