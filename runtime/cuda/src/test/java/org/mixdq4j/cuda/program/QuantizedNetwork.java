package org.mixdq4j.cuda.program;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.conformance.support.Ranges;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Layers of a network that ships as MixDQ has them: static ranges, split inputs, first tokens of the text in float; or token
 * by token. Ranges are those of one run; the first and the last layers and the worst are in float, as a scheme would have them.
 */
final class QuantizedNetwork {
    /** Input bits. */
    private static final int BITS = 8;

    private QuantizedNetwork() {}

    static QuantizedLayers of(
            InstrumentedExecutor executor,
            ShippedUNet network,
            Map<String, Tensor> inputs,
            WeightQuant weights,
            boolean perToken) {
        Graph graph = network.graph();
        Ranges ranges = new Ranges();
        try (Instrumented model = executor.compile(graph, network.weights())) {
            model.run(inputs, graph.outputs().keySet(), ranges);
        }
        Set<String> text = TextProjections.of(graph);
        Set<String> rows = RowLayers.of(graph);
        Map<String, List<Integer>> splits = SplitPoints.of(graph);
        Set<String> inFloat = new HashSet<>(Boundary.of(graph).first());
        inFloat.addAll(Boundary.of(graph).last());
        // The last split is the worst layer of all.
        splits.keySet().stream().reduce((a, b) -> b).ifPresent(inFloat::add);
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node node : graph.layers()) {
            if (inFloat.contains(node.id()) || perToken && rows.contains(node.id())) {
                continue;
            }
            boolean byToken = perToken && node.op() instanceof Linear;
            Tensor weight = network.weights().tensor(node.id() + ".weight").toF32();
            List<Integer> edges = new ArrayList<>(List.of(0));
            if (!byToken) {
                edges.addAll(splits.getOrDefault(node.id(), List.of()));
            }
            edges.add(node.layer().inputs());
            List<Segment> segments = new ArrayList<>();
            AffineParams range = ranges.get(node.inputs().get(0));
            for (int i = 0; i + 1 < edges.size(); i++) {
                InputQuant input = byToken ? new TokenParams(BITS) : range;
                segments.add(
                        SymmetricWeights.quantize(weight, edges.get(i), edges.get(i + 1), weights, ScaleSearch.MAX_ABS)
                                .segment(edges.get(i), Optional.of(input)));
            }
            Optional<Tensor> bias = node.layer().bias()
                    ? Optional.of(network.weights().tensor(node.id() + ".bias").toF32())
                    : Optional.empty();
            layers.put(node.id(), new QuantizedLayer(segments, bias, !perToken && text.contains(node.id())));
        }
        return QuantizedLayers.of(layers);
    }
}
