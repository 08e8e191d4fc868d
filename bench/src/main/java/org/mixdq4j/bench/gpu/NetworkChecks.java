package org.mixdq4j.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.bench.step.RandomInputs;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.program.SideBySide;

/** All networks of a small model through the CUDA executor: on the GPU, and with plain Java in its place. */
final class NetworkChecks {
    /** As near as networks of some hundred layers come whose floats differ in the last bits, where both have the same integers. */
    static final double DECIBELS = 45;

    /** Share of integers that may round to the neighbour where floats before them differ in the last bits. */
    private static final double ROUNDED = 5e-3;

    static final String EXPECTED = "45 dB expected, and at most 0.5 % of levels off by one";

    /** Networks by themselves: what a pipeline calls. */
    private static final List<String> FOLDERS =
            List.of("text_encoder", "text_encoder_2", "text_encoder_3", "unet", "transformer", "vae");

    /** @param found the GPU beside plain Java */
    record Result(String network, String numerics, SideBySide found) {
        boolean passed() {
            return found.sqnr() >= DECIBELS
                    && found.furthest() <= 1
                    && found.differing() <= ROUNDED * found.levels()
                    && found.repeats();
        }
    }

    private NetworkChecks() {}

    static List<Result> run(Path model, Executor gpu, Executor java) {
        List<Result> results = new ArrayList<>();
        for (String name : FOLDERS) {
            Path folder = model.resolve(name);
            if (!Files.isRegularFile(folder.resolve("config.json"))) {
                continue;
            }
            JsonNode config = Networks.read(folder.resolve("config.json"));
            Graph graph = Networks.build(config, new NetworkShape(2, 16, 16, 77));
            boolean predictor = name.equals("unet") || name.equals("transformer");
            try (SafetensorsFolder files = SafetensorsFolder.open(folder)) {
                WeightSource weights = CheckpointNames.adapt(files, graph);
                String title = model.getFileName() + "/" + name;
                results.add(compare(title, "F32", FloatType.F32, graph, weights, QuantizedLayers.NONE, gpu, java));
                results.add(compare(title, "F16", FloatType.F16, graph, weights, QuantizedLayers.NONE, gpu, java));
                for (int bits : predictor ? List.of(8, 4) : List.<Integer>of()) {
                    QuantizedLayers layers = quantized(graph, weights, bits);
                    results.add(compare(title, "W" + bits + "A8", FloatType.F16, graph, weights, layers, gpu, java));
                }
            }
        }
        return results;
    }

    private static Result compare(
            String title,
            String numerics,
            FloatType floats,
            Graph graph,
            WeightSource weights,
            QuantizedLayers layers,
            Executor gpu,
            Executor java) {
        Numerics how = new Numerics(floats, Arithmetic.INTEGER);
        try (Network reference = java.compile(graph, weights, layers, how);
                Network network = gpu.compile(graph, weights, layers, how);
                Session wanted = reference.session();
                Session found = network.session()) {
            RandomInputs.of(graph).forEach((name, value) -> {
                wanted.set(name, value);
                found.set(name, value);
            });
            return new Result(title, numerics, SideBySide.run(wanted, found));
        }
    }

    /** By the weights alone: Linears row by row, convolutions by a range wide enough for what norms give. */
    private static QuantizedLayers quantized(Graph graph, WeightSource weights, int bits) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node node : graph.layers()) {
            InputQuant input = node.op() instanceof Linear ? new TokenParams(8) : AffineParams.ofRange(-8, 8, 8);
            SymmetricWeights integers = SymmetricWeights.quantize(
                    weights.tensor(node.id() + ".weight").toF32(), new WeightQuant(bits), ScaleSearch.MAX_ABS);
            Optional<Tensor> bias = weights.contains(node.id() + ".bias")
                    ? Optional.of(weights.tensor(node.id() + ".bias").toF32())
                    : Optional.empty();
            layers.put(node.id(), new QuantizedLayer(List.of(integers.segment(0, Optional.of(input))), bias, false));
        }
        return QuantizedLayers.of(layers);
    }
}
