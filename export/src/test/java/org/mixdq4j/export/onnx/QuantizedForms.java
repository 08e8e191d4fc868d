package org.mixdq4j.export.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Layers quantized in some form, with the ranges of one call. */
final class QuantizedForms {
    private static final int TOKENS_WITH_FIRST = 3;

    private final Graph graph;
    private final WeightSource weights;
    private final Map<String, float[]> values = new HashMap<>();

    /** @param model the network in float */
    QuantizedForms(Graph graph, WeightSource weights, Instrumented model, Map<String, Tensor> inputs) {
        this.graph = graph;
        this.weights = weights;
        model.run(inputs, graph.outputs().keySet(), new Observer() {
            @Override
            public boolean watches(String id) {
                return true;
            }

            @Override
            public void observe(String id, Tensor value) {
                if (value.dtype().isFloat()) {
                    values.put(id, value.toFloatArray());
                }
            }
        });
        inputs.forEach((id, value) -> {
            if (value.dtype().isFloat()) {
                values.put(id, value.toFloatArray());
            }
        });
    }

    /** Range of a value. */
    AffineParams range(String id, int bits) {
        float lo = 0;
        float hi = 0;
        for (float value : values.get(graph.contains(id) ? graph.node(id).id() : id)) {
            lo = Math.min(lo, value);
            hi = Math.max(hi, value);
        }
        return AffineParams.ofRange(lo, hi, bits);
    }

    /** Every layer with integers of {@code bits}: inputs of Linears by token or all by one range. */
    QuantizedLayers all(int bits, boolean token) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node node : graph.layers()) {
            boolean conv = node.op() instanceof Conv2d;
            InputQuant input =
                    token && !conv ? new TokenParams(8) : range(node.inputs().get(0), 8);
            layers.put(node.id(), layer(node, new WeightQuant(bits), Optional.of(input), List.of(), false));
        }
        return QuantizedLayers.of(layers);
    }

    QuantizedLayer layer(
            Node node, WeightQuant quant, Optional<InputQuant> input, List<Integer> cuts, boolean balanced) {
        int inputs = node.layer().inputs();
        Tensor weight = weights.tensor(node.id() + ".weight").toF32();
        Optional<float[]> factors = Optional.empty();
        if (balanced) {
            float[] factor = new float[inputs];
            float[] divided = weight.toFloatArray();
            for (int i = 0; i < inputs; i++) {
                factor[i] = 0.5f + i % 5 * 0.25f;
            }
            for (int i = 0; i < divided.length; i++) {
                divided[i] /= factor[i % inputs];
            }
            weight = Tensor.of(weight.shape(), divided);
            factors = Optional.of(factor);
        }
        List<Integer> edges = new ArrayList<>(cuts);
        edges.add(0, 0);
        edges.add(inputs);
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            segments.add(SymmetricWeights.quantize(weight, edges.get(i), edges.get(i + 1), quant, ScaleSearch.MAX_ABS)
                    .segment(edges.get(i), input));
        }
        Optional<Tensor> bias =
                node.layer().bias() ? Optional.of(weights.tensor(node.id() + ".bias")) : Optional.empty();
        return new QuantizedLayer(segments, bias, false, factors);
    }

    /** The same with the first token in float. */
    static QuantizedLayer withFirstToken(QuantizedLayer layer) {
        return new QuantizedLayer(layer.segments(), layer.bias(), true, layer.inputMultiplier());
    }

    /** Whether a value is a row of tokens. */
    static boolean tokens(Shape shape) {
        return shape.rank() == TOKENS_WITH_FIRST && shape.dim(1) > 1;
    }
}
