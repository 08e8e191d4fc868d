package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/**
 * Two-dimensional convolution of [B, C, H, W], dilation 1, one group, zeros at the border; W is [outputs, inputs,
 * kernelHeight, kernelWidth].
 */
public record Conv2d(
        int inputs, int outputs, int kernelHeight, int kernelWidth, int stride, Padding padding, boolean bias)
        implements Op, Layer {

    /** Rows and columns of zeros added at each side. */
    public record Padding(int top, int bottom, int left, int right) {
        public static Padding same(int each) {
            return new Padding(each, each, each, each);
        }
    }

    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.rank() == 4 && x.dim(1) == inputs, "Conv2d expects [B, %d, H, W], got %s", inputs, x);
        int height = Math.floorDiv(x.dim(2) + padding.top() + padding.bottom() - kernelHeight, stride) + 1;
        int width = Math.floorDiv(x.dim(3) + padding.left() + padding.right() - kernelWidth, stride) + 1;
        Shapes.check(
                height > 0 && width > 0, "Conv2d with a %dx%d kernel cannot read %s", kernelHeight, kernelWidth, x);
        return Shape.of(x.dim(0), outputs, height, width);
    }

    @Override
    public int inputAxis() {
        return 1;
    }

    @Override
    public List<ParameterSpec> parameters() {
        return Linear.withBias(Shape.of(outputs, inputs, kernelHeight, kernelWidth), outputs, bias);
    }
}
