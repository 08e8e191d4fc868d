package org.mixdq4j.core.lower.interpret;

import java.util.List;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.tensor.Shape;

/**
 * What a layer multiplies by its weights for one row of its output: for a Linear a row of its input, for a convolution the
 * window of an image [B, H, W, C] as [kernel height, kernel width, C], zero outside.
 *
 * @param channels of the input
 * @param count rows of the output
 * @param image null for a Linear
 */
record Patches(int channels, int count, Window image) {
    /** @param height of the input @param outHeight of the output */
    record Window(Conv2d op, int height, int width, int outHeight, int outWidth) {}

    /** @param in shape of the input, or of some of its channels */
    static Patches of(Layer layer, Shape in) {
        int channels = in.dim(-1);
        if (!(layer instanceof Conv2d op)) {
            return new Patches(channels, Math.toIntExact(in.elements() / channels), null);
        }
        Shape out = op.outputShape(List.of(Shape.of(in.dim(0), op.inputs(), in.dim(1), in.dim(2))));
        Window window = new Window(op, in.dim(1), in.dim(2), out.dim(2), out.dim(3));
        return new Patches(channels, out.dim(0) * out.dim(2) * out.dim(3), window);
    }

    /** Elements of a patch. */
    int width() {
        return image == null ? channels : channels * image.op.kernelHeight() * image.op.kernelWidth();
    }

    int[] gather(int[] x, int row) {
        int[] patch = new int[width()];
        copy(x, patch, row);
        return patch;
    }

    float[] gather(float[] x, int row) {
        float[] patch = new float[width()];
        copy(x, patch, row);
        return patch;
    }

    private void copy(Object x, Object patch, int row) {
        if (image == null) {
            System.arraycopy(x, row * channels, patch, 0, channels);
            return;
        }
        Conv2d op = image.op;
        int left = row % image.outWidth * op.stride() - op.padding().left();
        int top = row / image.outWidth % image.outHeight * op.stride()
                - op.padding().top();
        int sample = row / (image.outWidth * image.outHeight);
        for (int ky = Math.max(0, -top); ky < op.kernelHeight() && top + ky < image.height; ky++) {
            for (int kx = Math.max(0, -left); kx < op.kernelWidth() && left + kx < image.width; kx++) {
                int from = ((sample * image.height + top + ky) * image.width + left + kx) * channels;
                System.arraycopy(x, from, patch, (ky * op.kernelWidth() + kx) * channels, channels);
            }
        }
    }
}
