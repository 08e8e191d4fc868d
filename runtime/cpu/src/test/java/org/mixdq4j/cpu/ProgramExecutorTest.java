package org.mixdq4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.parity.RecordedGraphs;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.program.ProgramExecutor;
import org.mixdq4j.cpu.program.StepCheck;

/** Whole networks on lowered programs against PyTorch. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProgramExecutorTest {
    private static final Path FIXTURES = Path.of(System.getProperty("mixdq.root"), "util_files", "fixtures");

    private InstrumentedExecutor torch;
    private Executor program;

    @BeforeAll
    void open() {
        torch = Executors.instrumented();
        program = new ProgramExecutor();
    }

    @AfterAll
    void close() {
        program.close();
        torch.close();
    }

    static List<String> networks() throws IOException {
        try (Stream<Path> folders = Files.list(FIXTURES)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.matches("(unet|clip|vae|mmdit)_.*|t5"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void floatNetworksAgreeWithPyTorch(String which) {
        Path folder = FIXTURES.resolve(which);
        Path other = folder.resolve("model.json");
        Path model = Files.exists(other)
                ? folder.resolveSibling(Json.read(other).path("model").asText())
                : folder;
        try (SafetensorsFile io = SafetensorsFile.open(folder.resolve("io.safetensors"));
                SafetensorsFolder stored = SafetensorsFolder.open(model)) {
            for (Graph graph : RecordedGraphs.of(Json.read(model.resolve("config.json")), io)) {
                WeightSource weights = CheckpointNames.adapt(stored, graph);
                Map<String, Tensor> inputs = new LinkedHashMap<>();
                graph.inputs().keySet().forEach(name -> inputs.put(name, io.tensor("in." + name)));
                try (Network reference = torch.compile(graph, weights);
                        Network fast = program.compile(graph, weights)) {
                    steps(fast, inputs, weights, QuantizedLayers.NONE);
                    compare(which, reference.run(inputs), fast.run(inputs), 1e-5);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {ShippedUNet.TURBO, "models/tiny-sd3/transformer", "fixtures/mmdit_sd35", "fixtures/unet_sdxl"})
    void integersAgreeWithTheSimulation(String which) {
        try (ShippedUNet network = ShippedUNet.open(which)) {
            Map<String, Tensor> inputs = network.inputs(5);
            QuantizedLayers layers = TokenLayers.layers(torch, network, inputs);
            try (Network exact = torch.compile(network.graph(), network.weights());
                    Network reference = torch.compile(network.graph(), network.weights(), layers, Numerics.SIMULATED);
                    Network fast = program.compile(network.graph(), network.weights(), layers, Numerics.INTEGER)) {
                steps(fast, inputs, network.weights(), layers);
                Map<String, Tensor> unquantized = exact.run(inputs);
                Map<String, Tensor> wanted = reference.run(inputs);
                Map<String, Tensor> found = fast.run(inputs);
                wanted.forEach((name, value) -> {
                    double lost = Compare.sqnr(value, unquantized.get(name));
                    double sqnr = Compare.sqnr(found.get(name), value);
                    System.out.printf("%s %s: %.1f dB, quantized %.1f dB%n", which, name, sqnr, lost);
                    // Floats that differ in the last bit move inputs of the next layers across rounding boundaries: two
                    // executors agree better with each other than either does with float, not to the bit.
                    assertThat(sqnr).as(name).isGreaterThan(lost + 6);
                    assertThat(Compare.sqnr(found.get(name), unquantized.get(name)))
                            .as("as good as the simulation")
                            .isCloseTo(lost, within(0.7));
                });
                again(fast, inputs, found);
            }
        }
    }

    /** Each step by itself does what the interpreter does. */
    private static void steps(
            Network network, Map<String, Tensor> inputs, WeightSource weights, QuantizedLayers layers) {
        try (Session session = network.session()) {
            inputs.forEach(session::set);
            List<StepDifference> differences =
                    StepCheck.run(session, weights, id -> layers.ids().contains(id) ? layers.get(id) : null);
            differences.removeIf(each -> each.floats() < 1e-5 && each.levels() < 1e-3 && each.wrong() == 0);
            assertThat(differences.stream().limit(3)).isEmpty();
        }
    }

    /** The same bits at every run, whatever is set again. */
    private static void again(Network network, Map<String, Tensor> inputs, Map<String, Tensor> found) {
        try (Session session = network.session()) {
            inputs.forEach(session::set);
            for (int i = 0; i < 2; i++) {
                session.run().forEach((name, value) -> assertThat(value.toFloatArray())
                        .isEqualTo(found.get(name).toFloatArray()));
            }
            String any = inputs.keySet().iterator().next();
            session.set(any, inputs.get(any));
            session.run().forEach((name, value) -> assertThat(value.toFloatArray())
                    .isEqualTo(found.get(name).toFloatArray()));
        }
    }

    private static void compare(String which, Map<String, Tensor> wanted, Map<String, Tensor> found, double bound) {
        Map<String, Double> errors = new LinkedHashMap<>();
        wanted.forEach((name, value) -> {
            float[] a = value.toFloatArray();
            float[] b = found.get(name).toFloatArray();
            double largest = 0;
            double error = 0;
            for (int i = 0; i < a.length; i++) {
                largest = Math.max(largest, Math.abs(a[i]));
                error = Math.max(error, Math.abs(a[i] - b[i]));
                if (Float.isNaN(b[i])) {
                    error = Double.NaN;
                    break;
                }
            }
            errors.put(name, error / largest);
        });
        System.out.println(which + " " + errors);
        assertThat(errors.values()).allMatch(error -> error < bound);
        assertThat(found.keySet()).isEqualTo(Set.copyOf(wanted.keySet()));
    }
}
