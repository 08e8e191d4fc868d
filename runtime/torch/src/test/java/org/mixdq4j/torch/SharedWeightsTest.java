package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Weights loaded once for graphs of several sizes, and sessions whose inputs stay. */
class SharedWeightsTest {
    private static final Linear FIRST = new Linear(64, 48, true);
    private static final Linear SECOND = new Linear(48, 16, true);
    private static final Shape SMALL = Shape.of(1, 3, 64);
    private static final Shape LARGE = Shape.of(2, 50, 64);

    private final TorchExecutor executor = new TorchExecutor();
    private final List<String> read = new ArrayList<>();

    @AfterEach
    void close() {
        executor.close();
    }

    private static Graph graph(Shape shape) {
        GraphBuilder b = new GraphBuilder("Two layers");
        Value x = b.input("x", DType.F32, shape);
        Value hidden = b.add("act", new Activate(Activate.Function.SILU), b.add("first", FIRST, x));
        b.output("y", b.add("second", SECOND, hidden));
        b.output("hidden", hidden);
        return b.build();
    }

    /** Takes note of what is asked for. */
    private record CountedWeights(WeightSource weights, List<String> read) implements WeightSource {
        @Override
        public Set<String> names() {
            return weights.names();
        }

        @Override
        public Tensor tensor(String name) {
            read.add(name);
            return weights.tensor(name);
        }

        @Override
        public DType dtype(String name) {
            return weights.dtype(name);
        }

        @Override
        public Shape shape(String name) {
            return weights.shape(name);
        }
    }

    private WeightSource weights() {
        return new CountedWeights(MemoryWeights.randomFor(graph(SMALL), 5), read);
    }

    private static Tensor input(Shape shape) {
        return MemoryWeights.random(shape, new Random(6));
    }

    @Test
    void parametersAreReadAndHeldOnce() {
        try (TorchWeights loaded = executor.load(weights(), QuantizedLayers.NONE, Numerics.SIMULATED)) {
            Network small = loaded.plan(graph(SMALL));
            assertThat(read).containsExactlyInAnyOrder("first.weight", "first.bias", "second.weight", "second.bias");
            long bytes = small.weightBytes();
            assertThat(bytes).isEqualTo(4 * (64 * 48 + 48 + 48 * 16 + 16));
            int arrays = executor.openArrays();
            Network large = loaded.plan(graph(LARGE));
            assertThat(read).hasSize(4);
            assertThat(large.weightBytes()).isEqualTo(bytes);
            assertThat(executor.openArrays()).isEqualTo(arrays);
            same(large, LARGE, QuantizedLayers.NONE);
            same(small, SMALL, QuantizedLayers.NONE);
            large.close();
            same(small, SMALL, QuantizedLayers.NONE);
        }
        assertThat(executor.openArrays()).isZero();
    }

    @Test
    void simulatedLayersAreAskedForAndHeldOnce() {
        QuantizedLayer layer = new RandomLayers(7).integer(FIRST, 8);
        List<String> asked = new ArrayList<>();
        QuantizedLayers layers = QuantizedLayers.of(Set.of("first"), id -> {
            asked.add(id);
            return layer;
        });
        try (TorchWeights loaded = executor.load(weights(), layers, Numerics.SIMULATED)) {
            Network small = loaded.plan(graph(SMALL));
            long bytes = small.weightBytes();
            Network large = loaded.plan(graph(LARGE));
            assertThat(asked).containsExactly("first");
            assertThat(large.weightBytes()).isEqualTo(bytes);
            QuantizedLayers held = QuantizedLayers.of(Map.of("first", layer));
            same(small, SMALL, held);
            same(large, LARGE, held);
        }
        assertThat(executor.openArrays()).isZero();
    }

    /** As a network with weights of its own computes. */
    private void same(Network network, Shape shape, QuantizedLayers layers) {
        Map<String, Tensor> inputs = Map.of("x", input(shape));
        try (Network alone =
                executor.compile(graph(shape), MemoryWeights.randomFor(graph(SMALL), 5), layers, Numerics.SIMULATED)) {
            Map<String, Tensor> expected = alone.run(inputs);
            network.run(inputs).forEach((name, value) -> assertThat(value.toFloatArray())
                    .as(name)
                    .isEqualTo(expected.get(name).toFloatArray()));
        }
    }

    @Test
    void aGraphOfAnotherNetworkIsRefusedThoughTheNamesAgree() {
        GraphBuilder b = new GraphBuilder("Other");
        b.output("y", b.add("first", new Linear(64, 8, true), b.input("x", DType.F32, SMALL)));
        Graph other = b.build();
        try (TorchWeights loaded = executor.load(weights(), QuantizedLayers.NONE, Numerics.SIMULATED)) {
            Network network = loaded.plan(graph(SMALL));
            assertThatThrownBy(() -> loaded.plan(other))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("'first.weight'")
                    .hasMessageContaining("Other needs [8, 64]");
            same(network, SMALL, QuantizedLayers.NONE);
        }
    }

    @Test
    void closingWeightsClosesTheirNetworks() {
        TorchWeights loaded = executor.load(weights(), QuantizedLayers.NONE, Numerics.SIMULATED);
        TorchNetwork network = loaded.plan(graph(SMALL), Set.of());
        loaded.close();
        assertThat(network.closed()).isTrue();
        assertThat(executor.openArrays()).isZero();
        network.close();
        loaded.close();
    }

    @Test
    void inputsOfASessionStayUntilTheyAreSetAgain() {
        Tensor first = input(SMALL);
        Tensor other = MemoryWeights.random(SMALL, new Random(8));
        try (Network network = executor.compile(graph(SMALL), weights())) {
            float[] ofFirst = network.run(Map.of("x", first)).get("y").toFloatArray();
            float[] ofOther = network.run(Map.of("x", other)).get("y").toFloatArray();
            try (Session a = network.session();
                    Session b = network.session()) {
                a.set("x", first);
                b.set("x", other);
                for (int i = 0; i < 2; i++) {
                    assertThat(a.run(Set.of("y")).get("y").toFloatArray()).isEqualTo(ofFirst);
                    assertThat(b.run().get("y").toFloatArray()).isEqualTo(ofOther);
                }
                a.set("x", other);
                assertThat(a.run().get("y").toFloatArray()).isEqualTo(ofOther);
                assertThat(a.run(Set.of("hidden"))).containsOnlyKeys("hidden");
            }
        }
    }

    @Test
    void aSessionRefusesWhatDoesNotFit() {
        try (Network network = executor.compile(graph(SMALL), weights());
                Session session = network.session()) {
            assertThatThrownBy(session::run)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'x'")
                    .hasMessageContaining("got none");
            assertThatThrownBy(() -> session.set("x", input(LARGE)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("F32[1, 3, 64]");
            assertThatThrownBy(() -> session.set("z", input(SMALL)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no input 'z'");
            session.set("x", input(SMALL));
            assertThatThrownBy(() -> session.run(Set.of("w")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no output 'w'");
            assertThat(session.run()).containsOnlyKeys("y", "hidden");
        }
    }
}
