package org.mixdq4j.cpu.layerwise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;

/** Layers that are made on demand are each asked for once, in the order of the graph, and compute what others do. */
class LayersOneByOneTest {
    @ParameterizedTest
    @EnumSource
    void areAskedForOnce(Arithmetic arithmetic) {
        Numerics numerics = new Numerics(FloatType.F32, arithmetic);
        Graph graph = SmallNet.graph();
        MemoryWeights weights = MemoryWeights.randomFor(graph, 61);
        Map<String, QuantizedLayer> held = new LinkedHashMap<>();
        RandomLayers random = new RandomLayers(62);
        for (Node layer : graph.layers()) {
            held.put(
                    layer.id(),
                    held.size() % 2 == 0 ? random.integer(layer.layer(), 8) : random.weightOnly(layer.layer()));
        }
        List<String> asked = new ArrayList<>();
        QuantizedLayers onDemand = QuantizedLayers.of(held.keySet(), id -> {
            asked.add(id);
            return held.get(id);
        });
        try (LayerwiseExecutor executor = new LayerwiseExecutor();
                Network reference = executor.compile(graph, weights, QuantizedLayers.of(held), numerics);
                Network model = executor.compile(graph, weights, onDemand, numerics)) {
            assertThat(asked).containsExactlyElementsOf(held.keySet());
            assertThat(model.weightBytes()).isEqualTo(reference.weightBytes());
            Map<String, Tensor> expected = reference.run(SmallNet.inputs(63));
            model.run(SmallNet.inputs(63)).forEach((name, value) -> assertThat(value.toFloatArray())
                    .as(name)
                    .isEqualTo(expected.get(name).toFloatArray()));
        }
    }
}
