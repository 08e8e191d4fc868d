package org.mixdq4j.ptq.rounding;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Shape;

/**
 * The vectors that a part of a layer multiplies its weights with: rows of features of a Linear, unfolded patches of a Conv2d in
 * the order of its weights (input channel, kernel row, kernel column). Equal for layers that read the same vectors, whatever
 * they make of them.
 *
 * <p>The first token's row is among them where a layer leaves it out of quantization: it, too, is multiplied with the weights
 * the integers stand for, so what rounding does to it counts.
 *
 * @param value id of the node or graph input read
 * @param from first input channel
 * @param to behind the last
 * @param factors of a Linear: what each channel is multiplied by first
 * @param rotation of a Linear: in runs of how many features they are rotated then, or {@link Rotation#NONE}
 * @param patch the convolution's geometry with outputs and bias of no meaning; null for a Linear
 */
record LayerInput(String value, int from, int to, Conv2d patch, Optional<FloatBuffer> factors, int rotation) {

    /** Of a layer that reads its input as it is. */
    static LayerInput of(Graph graph, StatisticsKey key) {
        return of(graph, key, Optional.empty(), Rotation.NONE);
    }

    static LayerInput of(Graph graph, StatisticsKey key, Optional<FloatBuffer> factors, int rotation) {
        Node node = graph.node(key.layer());
        Conv2d patch = null;
        if (node.op() instanceof Conv2d conv) {
            patch = new Conv2d(
                    conv.inputs(), 1, conv.kernelHeight(), conv.kernelWidth(), conv.stride(), conv.padding(), false);
        }
        return new LayerInput(node.inputs().get(0), key.from(), key.to(), patch, factors, rotation);
    }

    /** Numbers a vector. */
    int width() {
        return (to - from) * (patch == null ? 1 : patch.kernelHeight() * patch.kernelWidth());
    }

    /** Vectors in a value of this shape. */
    int count(Shape shape) {
        if (patch != null) {
            Shape out = patch.outputShape(List.of(shape));
            return out.dim(0) * out.dim(2) * out.dim(3);
        }
        return Math.toIntExact(shape.elements() / shape.dim(-1));
    }

    /** Vector {@code index} of a value, into {@code out}. */
    void read(float[] values, Shape shape, int index, double[] out) {
        if (patch == null) {
            int start = index * shape.dim(-1) + from;
            float[] read = Arrays.copyOfRange(values, start, start + out.length);
            for (int i = 0; i < out.length && factors.isPresent(); i++) {
                read[i] *= factors.get().get(i);
            }
            Rotation.apply(read, 0, read.length, rotation);
            for (int i = 0; i < out.length; i++) {
                out[i] = read[i];
            }
            return;
        }
        Shape outShape = patch.outputShape(List.of(shape));
        int column = index % outShape.dim(3);
        int line = index / outShape.dim(3) % outShape.dim(2);
        int image = index / outShape.dim(3) / outShape.dim(2);
        int top = line * patch.stride() - patch.padding().top();
        int left = column * patch.stride() - patch.padding().left();
        int height = shape.dim(2);
        int width = shape.dim(3);
        int next = 0;
        for (int channel = from; channel < to; channel++) {
            int plane = (image * shape.dim(1) + channel) * height;
            for (int y = top; y < top + patch.kernelHeight(); y++) {
                for (int x = left; x < left + patch.kernelWidth(); x++) {
                    boolean inside = y >= 0 && y < height && x >= 0 && x < width;
                    out[next++] = inside ? values[(plane + y) * width + x] : 0;
                }
            }
        }
    }
}
