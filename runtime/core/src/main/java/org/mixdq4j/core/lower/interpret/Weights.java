package org.mixdq4j.core.lower.interpret;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Layers' weights in the order products read them: [outputs, kernel height, kernel width, channels]. */
final class Weights {
    /** Integers of one segment. */
    record Integers(Segment segment, byte[] values) {}

    private final WeightSource source;
    private final Function<String, QuantizedLayer> quantized;
    private final Map<String, QuantizedLayer> layers = new HashMap<>();
    private final Map<String, float[]> floats = new HashMap<>();
    private final Map<String, List<Integers>> integers = new HashMap<>();

    /** @param quantized layer id to its form; null for one in float */
    Weights(WeightSource source, Function<String, QuantizedLayer> quantized) {
        this.source = source;
        this.quantized = quantized;
    }

    /** The layer's quantized form, or null. */
    QuantizedLayer layer(String id) {
        return layers.computeIfAbsent(id, quantized);
    }

    float[] parameter(String name) {
        return source.tensor(name).toFloatArray();
    }

    /** Weights as floats: dequantized if they are integers. */
    float[] floats(String id) {
        return floats.computeIfAbsent(id, any -> {
            QuantizedLayer layer = layer(id);
            if (layer == null) {
                Tensor weight = source.tensor(id + ".weight");
                return channelsLast(
                        weight.toFloatArray(),
                        weight.shape().dim(0),
                        weight.shape().dim(1));
            }
            return dequantized(layer.segments());
        });
    }

    /** The bias of a layer of a product, or null. */
    float[] bias(Product product, String id) {
        QuantizedLayer layer = layer(id);
        if (layer != null) {
            return layer.bias().map(Tensor::toFloatArray).orElse(null);
        }
        // Of several layers some may have none.
        boolean has = product.op().bias() && (product.layers().size() == 1 || source.contains(id + ".bias"));
        return has ? parameter(id + ".bias") : null;
    }

    List<Integers> integers(String id) {
        return integers.computeIfAbsent(id, any -> layer(id).segments().stream()
                .map(segment -> new Integers(segment, integers(segment)))
                .toList());
    }

    private static byte[] integers(Segment segment) {
        ByteBuffer buffer = segment.weight().buffer();
        int outputs = segment.weight().shape().dim(0);
        int channels = segment.weight().shape().dim(1);
        int taps = buffer.capacity() / outputs / channels;
        byte[] out = new byte[buffer.capacity()];
        for (int i = 0; i < out.length; i++) {
            out[moved(i, channels, taps)] = buffer.get(i);
        }
        return out;
    }

    private static float[] channelsLast(float[] weight, int outputs, int channels) {
        int taps = weight.length / outputs / channels;
        float[] out = new float[weight.length];
        for (int i = 0; i < out.length; i++) {
            out[moved(i, channels, taps)] = weight[i];
        }
        return out;
    }

    /** From [outputs, channels, taps] to [outputs, taps, channels]. */
    private static int moved(int index, int channels, int taps) {
        int tap = index % taps;
        int channel = index / taps % channels;
        return (index / (taps * channels) * taps + tap) * channels + channel;
    }

    private static float[] dequantized(List<Segment> segments) {
        int channels = segments.get(segments.size() - 1).to();
        int outputs = segments.get(0).weight().shape().dim(0);
        int taps = Math.toIntExact(segments.get(0).weight().shape().elements()
                / outputs
                / (segments.get(0).to()));
        float[] out = new float[outputs * taps * channels];
        for (Segment segment : segments) {
            int width = segment.to() - segment.from();
            float[] part;
            if (segment.integerWeight()) {
                byte[] integers = integers(segment);
                part = new float[integers.length];
                for (int i = 0; i < part.length; i++) {
                    part[i] = integers[i] * segment.weightScale()[i / (taps * width)];
                }
            } else {
                part = channelsLast(segment.weight().toFloatArray(), outputs, width);
            }
            for (int row = 0; row < outputs * taps; row++) {
                System.arraycopy(part, row * width, out, row * channels + segment.from(), width);
            }
        }
        return out;
    }
}
