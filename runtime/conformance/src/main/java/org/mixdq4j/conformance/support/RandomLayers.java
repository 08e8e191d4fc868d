package org.mixdq4j.conformance.support;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Random quantized layers. */
public final class RandomLayers {
    private final Random random;

    public RandomLayers(long seed) {
        this.random = new Random(seed);
    }

    /** Integer weights and inputs, cut at the given channels; each segment has a range of its own, zero not in the middle. */
    public QuantizedLayer integer(Layer layer, int bits, int... split) {
        return of(layer, bits, false, split);
    }

    /** A layer whose first token is in float. */
    public QuantizedLayer firstRow(Layer layer, int bits, int... split) {
        return of(layer, bits, true, split);
    }

    private QuantizedLayer of(Layer layer, int bits, boolean bos, int... split) {
        List<Segment> segments = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= split.length; i++) {
            int to = i < split.length ? split[i] : layer.inputs();
            AffineParams range = AffineParams.ofRange(-0.7 - 0.1 * i, 0.9, bits);
            segments.add(
                    new Segment(from, to, integers(weightShape(layer, to - from)), scales(layer), Optional.of(range)));
            from = to;
        }
        return new QuantizedLayer(segments, bias(layer), bos);
    }

    /** Integer weights, input in float. */
    public QuantizedLayer weightOnly(Layer layer) {
        Segment segment = new Segment(
                0, layer.inputs(), integers(weightShape(layer, layer.inputs())), scales(layer), Optional.empty());
        return new QuantizedLayer(List.of(segment), bias(layer), false);
    }

    /** Float weights, input rounded. */
    public QuantizedLayer activationOnly(Layer layer) {
        Segment segment = new Segment(
                0,
                layer.inputs(),
                MemoryWeights.random(weightShape(layer, layer.inputs()), random),
                null,
                Optional.of(AffineParams.ofRange(-0.7, 0.9, 4)));
        return new QuantizedLayer(List.of(segment), bias(layer), false);
    }

    private Optional<Tensor> bias(Layer layer) {
        return layer.bias() ? Optional.of(MemoryWeights.random(Shape.of(layer.outputs()), random)) : Optional.empty();
    }

    private float[] scales(Layer layer) {
        float[] scales = new float[layer.outputs()];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = 0.001f + 0.01f * random.nextFloat();
        }
        return scales;
    }

    private Tensor integers(Shape shape) {
        Tensor tensor = Tensor.zeros(DType.I8, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.buffer().put(i, (byte) (random.nextInt(255) - 127));
        }
        return tensor;
    }

    private static Shape weightShape(Layer layer, int inputs) {
        return layer instanceof Conv2d conv
                ? Shape.of(conv.outputs(), inputs, conv.kernelHeight(), conv.kernelWidth())
                : Shape.of(layer.outputs(), inputs);
    }
}
