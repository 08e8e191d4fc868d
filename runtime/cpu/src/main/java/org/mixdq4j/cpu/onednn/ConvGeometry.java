package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.packed.TiledLayout.Axis;

/**
 * A convolution of an input of {@code shape} [B, C, H, W], held as NHWC.
 *
 * @param border rows and columns of {@code shape} that are border rather than input; the op itself has none then
 */
record ConvGeometry(Conv2d op, Shape shape, Conv2d.Padding border) implements Geometry {
    private static final Conv2d.Padding NONE = Conv2d.Padding.same(0);

    /** One whose border, if any, is the op's affair. */
    ConvGeometry(Conv2d op, Shape shape) {
        this(op, shape, NONE);
    }

    @Override
    public int outputs() {
        return op.outputs();
    }

    @Override
    public Geometry withBorder() {
        Conv2d.Padding padding = op.padding();
        if (padding.equals(NONE)) {
            return this;
        }
        Conv2d bare = new Conv2d(
                op.inputs(), op.outputs(), op.kernelHeight(), op.kernelWidth(), op.stride(), NONE, op.bias());
        Shape larger = shape.with(2, shape.dim(2) + padding.top() + padding.bottom())
                .with(3, shape.dim(3) + padding.left() + padding.right());
        return new ConvGeometry(bare, larger, padding);
    }

    @Override
    public long border(int channels) {
        return ((long) border.top() * shape.dim(3) + border.left()) * channels;
    }

    @Override
    public dnnl_memory_desc inside(int channels, int all) {
        int height = shape.dim(2) - border.top() - border.bottom();
        int width = shape.dim(3) - border.left() - border.right();
        long row = (long) all * shape.dim(3);
        long[] dims = {shape.dim(0), channels, height, width};
        return NativeMemory.strided(dnnl_u8, dims, row * shape.dim(2), 1, row, all);
    }

    @Override
    public int taps() {
        return op.kernelHeight() * op.kernelWidth();
    }

    @Override
    public dnnl_memory_desc input(int channels) {
        return channelsLast(dnnl_u8, shape.with(1, channels));
    }

    @Override
    public dnnl_memory_desc plainWeights(int channels) {
        return NativeMemory.rowMajor(dnnl_s8, op.outputs(), channels, op.kernelHeight(), op.kernelWidth());
    }

    @Override
    public dnnl_memory_desc packedWeights(int channels) {
        return NativeMemory.any(dnnl_s8, op.outputs(), channels, op.kernelHeight(), op.kernelWidth());
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
    public dnnl_memory_desc bias() {
        return NativeMemory.rowMajor(dnnl_f32, op.outputs());
    }

    @Override
    public dnnl_memory_desc output(int type) {
        return channelsLast(type, op.outputShape(List.of(shape)));
    }

    @Override
    public int scaleMask() {
        return 1;
    }

    @Override
    public dnnl_primitive_desc describe(
            dnnl_memory_desc input,
            dnnl_memory_desc weights,
            dnnl_memory_desc bias,
            dnnl_memory_desc output,
            Attributes attributes) {
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        Conv2d.Padding padding = op.padding();
        OneDnn.check(
                dnnl_convolution_forward_primitive_desc_create(
                        description,
                        OneDnn.get().engine(),
                        dnnl_forward_inference,
                        dnnl_convolution_direct,
                        input,
                        weights,
                        bias,
                        output,
                        new long[] {op.stride(), op.stride()},
                        new long[] {0, 0},
                        new long[] {padding.top(), padding.left()},
                        new long[] {padding.bottom(), padding.right()},
                        attributes.handle()),
                "plan " + op + " of " + shape);
        return description;
    }

    /** The layout of a tensor of {@code shape} [B, C, H, W] stored as NHWC. */
    static dnnl_memory_desc channelsLast(int type, Shape shape) {
        long channels = shape.dim(1);
        long row = channels * shape.dim(3);
        return NativeMemory.strided(type, shape.toLongArray(), row * shape.dim(2), 1, row, channels);
    }
}
