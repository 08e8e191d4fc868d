package org.mixdq4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.program.ProgramExecutor;

/** Layers that are made on demand are each asked for once, while the network is planned, and compute what others do. */
class LayersOneByOneTest {
    @Test
    void areAskedForOnce() {
        Graph graph = SmallNet.graph();
        MemoryWeights weights = MemoryWeights.randomFor(graph, 61);
        Map<String, QuantizedLayer> held = new LinkedHashMap<>();
        RandomLayers random = new RandomLayers(62);
        for (Node layer : graph.layers()) {
            held.put(
                    layer.id(),
                    held.size() % 2 == 0 ? random.integer(layer.layer(), 8) : random.weightOnly(layer.layer()));
        }
        ClosedLater file = new ClosedLater(weights);
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        QuantizedLayers onDemand = QuantizedLayers.of(
                held.keySet(),
                id -> {
                    asked.add(id);
                    return held.get(id);
                },
                id -> LayerForm.of(held.get(id)));
        try (ProgramExecutor executor = new ProgramExecutor();
                Network reference = executor.compile(graph, weights, QuantizedLayers.of(held), Numerics.INTEGER);
                Network model = executor.compile(graph, file, onDemand, Numerics.INTEGER)) {
            file.closed = true;
            assertThat(asked).containsExactlyInAnyOrderElementsOf(held.keySet());
            assertThat(model.weightBytes()).isEqualTo(reference.weightBytes());
            Map<String, Tensor> expected = reference.run(SmallNet.inputs(63));
            model.run(SmallNet.inputs(63)).forEach((name, value) -> assertThat(value.toFloatArray())
                    .as(name)
                    .isEqualTo(expected.get(name).toFloatArray()));
            // A second session needs no weights: they are packed, and the file may be closed.
            try (Session first = model.session();
                    Session second = model.session()) {
                SmallNet.inputs(63).forEach(second::set);
                second.run().forEach((name, value) -> assertThat(value.toFloatArray())
                        .as(name)
                        .isEqualTo(expected.get(name).toFloatArray()));
            }
            assertThat(asked).hasSize(held.size());
        }
    }

    /** Weights that cannot be read once they are closed, as those of a file. */
    private static final class ClosedLater implements WeightSource {
        private final WeightSource weights;
        private boolean closed;

        ClosedLater(WeightSource weights) {
            this.weights = weights;
        }

        private WeightSource open() {
            assertThat(closed).as("closed").isFalse();
            return weights;
        }

        @Override
        public Set<String> names() {
            return open().names();
        }

        @Override
        public Tensor tensor(String name) {
            return open().tensor(name);
        }

        @Override
        public DType dtype(String name) {
            return open().dtype(name);
        }

        @Override
        public Shape shape(String name) {
            return open().shape(name);
        }
    }
}
