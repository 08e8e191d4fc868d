package org.mixdq4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Execution;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.LayersOnDemand;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.quant.QuantizedLayers;

/** Layers that are made on demand are each asked for once, in the order of the graph, and compute what others do. */
class LayersOneByOneTest {
    @ParameterizedTest
    @EnumSource
    void areAskedForOnce(Execution execution) {
        Graph graph = SmallNet.graph();
        MemoryWeights weights = MemoryWeights.randomFor(graph, 61);
        Map<String, QuantizedLayer> held = new LinkedHashMap<>();
        QuantizedLayers random = new QuantizedLayers(62);
        for (Node layer : graph.layers()) {
            held.put(
                    layer.id(),
                    held.size() % 2 == 0 ? random.integer(layer.layer(), 8) : random.weightOnly(layer.layer()));
        }
        List<String> asked = new ArrayList<>();
        Map<String, QuantizedLayer> onDemand = new LayersOnDemand(held.keySet(), id -> {
            asked.add(id);
            return held.get(id);
        });
        try (CpuExecutor executor = new CpuExecutor();
                CompiledModel reference = executor.compile(graph, weights, held, execution);
                CompiledModel model = executor.compile(graph, weights, onDemand, execution)) {
            assertThat(asked).containsExactlyElementsOf(held.keySet());
            assertThat(model.weightBytes()).isEqualTo(reference.weightBytes());
            Map<String, Tensor> expected = reference.run(SmallNet.inputs(63));
            model.run(SmallNet.inputs(63)).forEach((name, value) -> assertThat(value.toFloatArray())
                    .as(name)
                    .isEqualTo(expected.get(name).toFloatArray()));
        }
    }
}
