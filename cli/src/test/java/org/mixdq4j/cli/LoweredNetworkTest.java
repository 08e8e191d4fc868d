package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.Ranges;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.lower.interpret.Interpreter;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Networks that ship, quantized, give what the simulation gives when they are lowered and fused. */
class LoweredNetworkTest {
    private static final Path MODELS = Path.of(System.getProperty("mixdq.root"), "util_files", "models");
    private static final int TOKENS = 77;

    @ParameterizedTest
    @CsvSource({
        "tiny-sdxl-turbo/unet, false",
        "tiny-sdxl-turbo/unet, true",
        "tiny-sd3/transformer, false",
        "tiny-sd3/transformer, true"
    })
    void agreesWithTheSimulation(String which, boolean token) {
        JsonNode config = Json.read(MODELS.resolve(which).resolve("config.json"));
        int side = config.path("sample_size").asInt();
        Graph graph = Networks.build(config, new NetworkShape(1, side, side, TOKENS));
        try (InstrumentedExecutor executor = Executors.instrumented();
                SafetensorsFolder stored = SafetensorsFolder.open(MODELS.resolve(which))) {
            WeightSource weights = CheckpointNames.adapt(stored, graph);
            Map<String, Tensor> inputs = inputs(graph);
            Ranges ranges = new Ranges();
            float[] exact;
            try (Instrumented model = executor.compile(graph, weights)) {
                exact = model.run(inputs, graph.outputs().keySet(), ranges)
                        .get("sample")
                        .toFloatArray();
            }
            Map<String, QuantizedLayer> layers = layers(graph, weights, ranges, token);
            float[] simulated;
            float[] nearby;
            try (Instrumented model =
                    executor.compile(graph, weights, QuantizedLayers.of(layers), Numerics.SIMULATED)) {
                simulated = model.run(inputs).get("sample").toFloatArray();
                nearby = model.run(scaled(inputs, 1 + 3e-7f)).get("sample").toFloatArray();
            }
            Program program = Lowering.lower(
                    graph, id -> Optional.ofNullable(layers.get(id)).map(LayerForm::of), Set.of(), Targets.ALL);
            float[] lowered = Interpreter.run(program, weights, layers::get, inputs)
                    .get("sample")
                    .toFloatArray();
            double quantized = decibels(exact, simulated);
            double apart = decibels(simulated, lowered);
            double itself = decibels(simulated, nearby);
            System.out.printf(
                    "%s: quantized %.1f dB, lowered %.1f dB from that, simulated on inputs 3e-7 apart %.1f dB%n",
                    which, quantized, apart, itself);

            assertThat(quantized).isBetween(15.0, 60.0);
            // Last bits of float steps move inputs of layers across borders of rounding, which is less than rounding.
            assertThat(apart).isGreaterThan(quantized + 3);
        }
    }

    private static Map<String, Tensor> scaled(Map<String, Tensor> inputs, float by) {
        Map<String, Tensor> scaled = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> {
            float[] values = tensor.toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] *= by;
            }
            scaled.put(name, Tensor.of(tensor.shape(), values));
        });
        return scaled;
    }

    private static double decibels(float[] exact, float[] other) {
        Sqnr sqnr = new Sqnr();
        sqnr.add(exact, other);
        return sqnr.decibels();
    }

    private static Map<String, Tensor> inputs(Graph graph) {
        Random random = new Random(5);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((name, input) -> {
            Shape shape = input.shape();
            float[] values = new float[(int) shape.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            inputs.put(name, name.equals("timestep") ? Tensor.of(shape, 249) : Tensor.of(shape, values));
        });
        return inputs;
    }

    private static Map<String, QuantizedLayer> layers(Graph graph, WeightSource weights, Ranges ranges, boolean token) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        Map<String, List<Integer>> splits = SplitPoints.of(graph);
        Set<String> texts = TextProjections.of(graph);
        for (Node layer : graph.layers()) {
            InputQuant input = token && layer.op() instanceof Linear
                    ? new TokenParams(8)
                    : ranges.get(layer.inputs().get(0));
            List<Integer> edges = new ArrayList<>(List.of(0));
            edges.addAll(splits.getOrDefault(layer.id(), List.of()));
            edges.add(layer.layer().inputs());
            List<Segment> segments = new ArrayList<>();
            for (int i = 0; i + 1 < edges.size(); i++) {
                segments.add(SymmetricWeights.quantize(
                                weights.tensor(layer.id() + ".weight"),
                                edges.get(i),
                                edges.get(i + 1),
                                new WeightQuant(8),
                                ScaleSearch.MAX_ABS)
                        .segment(edges.get(i), Optional.of(input)));
            }
            Optional<Tensor> bias =
                    layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
            layers.put(layer.id(), new QuantizedLayer(segments, bias, !token && texts.contains(layer.id())));
        }
        return layers;
    }
}
