package org.mixdq4j.cpu.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.model.CheckpointNames;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Tensor;

/** Every recorded output and inner value of diffusers and transformers is computed to 1e-4 of its largest element. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FixtureParityTest {
    private static final double TOLERANCE = 1e-4;

    private Executor executor;

    static List<String> fixtures() {
        return Fixture.names("unet_", "clip_", "vae_");
    }

    @BeforeAll
    void open() {
        executor = Executors.best();
    }

    @AfterAll
    void close() {
        executor.close();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void valuesEqualTheRecordedOnes(String name) {
        Fixture fixture = Fixture.load(name);
        Map<String, Tensor> found = new HashMap<>();
        try (SafetensorsFolder weights = fixture.weights()) {
            for (Graph graph : fixture.graphs()) {
                found.putAll(run(graph, weights, fixture));
            }
        }
        Map<String, Double> errors = new TreeMap<>();
        for (String kind : List.of("out", "tap")) {
            fixture.recorded(kind).forEach((value, expected) -> {
                String key = kind + "." + value;
                assertThat(found).containsKey(key);
                assertThat(found.get(key).shape()).as(key).isEqualTo(expected.shape());
                errors.put(key, relativeError(found.get(key).toFloatArray(), expected.toFloatArray()));
            });
        }
        errors.forEach((key, error) -> System.out.printf("%-20s %-75s %.2e%n", name, key, error));
        assertThat(errors)
                .isNotEmpty()
                .allSatisfy((key, error) -> assertThat(error).as(key).isLessThanOrEqualTo(TOLERANCE));
    }

    /** The outputs of a graph as out.*, and those of the fixture's inner values it has as tap.*. */
    private Map<String, Tensor> run(Graph graph, SafetensorsFolder weights, Fixture fixture) {
        Map<String, Tensor> found = new HashMap<>();
        Map<String, Tensor> watched = new HashMap<>();
        Map<String, String> taps = new HashMap<>();
        fixture.recorded("tap").keySet().stream()
                .filter(graph::contains)
                .forEach(tap -> taps.put(tap, graph.node(tap).id()));
        Observer observer = new Observer() {
            @Override
            public boolean watches(String id) {
                return taps.containsValue(id);
            }

            @Override
            public void observe(String id, Tensor value) {
                watched.put(id, Tensor.of(value.shape(), value.toFloatArray()));
            }
        };
        Map<String, Tensor> inputs = fixture.recorded("in");
        inputs.keySet().retainAll(graph.inputs().keySet());
        try (CompiledModel model = executor.compile(graph, CheckpointNames.adapt(weights, graph))) {
            model.run(inputs, graph.outputs().keySet(), observer)
                    .forEach((output, value) -> found.put("out." + output, value));
        }
        taps.forEach((tap, id) -> found.put("tap." + tap, watched.get(id)));
        return found;
    }

    /** Largest difference as a share of the largest recorded magnitude; NaN stays NaN and fails. */
    private static double relativeError(float[] found, float[] expected) {
        double difference = 0;
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            difference = Math.max(difference, Math.abs((double) found[i] - expected[i]));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        return difference / largest;
    }
}
