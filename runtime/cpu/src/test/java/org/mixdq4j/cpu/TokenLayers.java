package org.mixdq4j.cpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.mixdq4j.conformance.support.Ranges;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.BalancedWeights;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Quantized layers of networks that ship: Linears token by token, some with balanced channels, others by their weights only. */
final class TokenLayers {
    private static final WeightQuant W8 = new WeightQuant(8);
    private static final WeightQuant W4 = new WeightQuant(4, 32);

    private TokenLayers() {}

    /** Of a network that is run on these inputs. */
    static QuantizedLayers layers(InstrumentedExecutor executor, ShippedUNet network, Map<String, Tensor> inputs) {
        try (Instrumented model = executor.compile(network.graph(), network.weights())) {
            Ranges ranges = new Ranges();
            model.run(inputs, network.graph().outputs().keySet(), ranges);
            return layers(network.graph(), network.weights(), ranges);
        }
    }

    /** In turn 8 bits, 4 bits in groups, and 4 bits with factors; row layers by their weights only, convolutions static. */
    private static QuantizedLayers layers(Graph graph, WeightSource weights, Ranges ranges) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        Set<String> rows = RowLayers.of(graph);
        Random random = new Random(6);
        for (Node layer : graph.layers()) {
            Tensor weight = weights.tensor(layer.id() + ".weight");
            Optional<Tensor> bias =
                    layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
            Optional<float[]> factors = Optional.empty();
            int turn = layers.size() % 3;
            if (turn == 2 && layer.op() instanceof Linear) {
                factors = Optional.of(factors(layer.layer().inputs(), random));
                weight = BalancedWeights.divided(weight, factors.get());
            }
            InputQuant input = layer.op() instanceof Linear
                    ? new TokenParams(8)
                    : ranges.get(layer.inputs().get(0));
            SymmetricWeights quantized = SymmetricWeights.quantize(weight, turn == 0 ? W8 : W4, ScaleSearch.MAX_ABS);
            layers.put(
                    layer.id(),
                    new QuantizedLayer(
                            List.of(quantized.segment(
                                    0, rows.contains(layer.id()) ? Optional.empty() : Optional.of(input))),
                            bias,
                            false,
                            factors));
        }
        return QuantizedLayers.of(layers);
    }

    private static float[] factors(int count, Random random) {
        float[] factors = new float[count];
        for (int i = 0; i < count; i++) {
            factors[i] = (float) Math.exp(0.3 * random.nextGaussian());
        }
        return factors;
    }
}
