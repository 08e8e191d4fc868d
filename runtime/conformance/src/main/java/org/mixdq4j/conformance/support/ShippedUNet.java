package org.mixdq4j.conformance.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** A denoising network that ships. */
public final class ShippedUNet implements AutoCloseable {
    public static final String TURBO = "models/tiny-sdxl-turbo/unet";
    private static final int TOKENS = 77;
    private static final float TIMESTEP = 249;

    private final Path folder;
    private final SafetensorsFolder weights;
    private final Graph graph;
    private final Map<String, Tensor> recorded = new LinkedHashMap<>();

    private ShippedUNet(Path folder, Path model) {
        this.folder = folder;
        this.weights = SafetensorsFolder.open(model);
        JsonNode config = Json.read(model.resolve("config.json"));
        Path io = folder.resolve("io.safetensors");
        NetworkShape shape = new NetworkShape(
                1,
                config.path("sample_size").asInt(),
                config.path("sample_size").asInt(),
                TOKENS);
        if (Files.exists(io)) {
            try (SafetensorsFile file = SafetensorsFile.open(io)) {
                file.names().stream()
                        .filter(name -> name.startsWith("in."))
                        .forEach(name -> recorded.put(name.substring(3), file.tensor(name)));
            }
            Shape sample = recorded.values().stream()
                    .map(Tensor::shape)
                    .filter(each -> each.rank() == 4)
                    .findFirst()
                    .orElseThrow();
            int tokens = recorded.get("encoder_hidden_states").shape().dim(1);
            shape = new NetworkShape(sample.dim(0), sample.dim(2), sample.dim(3), tokens);
        }
        this.graph = Networks.build(config, shape);
    }

    /** @param below util_files: a fixture, or a model's UNet */
    public static ShippedUNet open(String below) {
        Path folder = Path.of(System.getProperty("mixdq.root"), "util_files").resolve(below);
        Path other = folder.resolve("model.json");
        Path model = Files.exists(other)
                ? folder.resolveSibling(Json.read(other).path("model").asText())
                : folder;
        return new ShippedUNet(folder, model);
    }

    public Graph graph() {
        return graph;
    }

    public WeightSource weights() {
        return CheckpointNames.adapt(weights, graph);
    }

    /** Random ones, or those of the fixture. */
    public Map<String, Tensor> inputs(long seed) {
        if (!recorded.isEmpty()) {
            return recorded;
        }
        Random random = new Random(seed);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().values().forEach(input -> {
            Tensor value = MemoryWeights.random(input.shape(), random);
            switch (input.name()) {
                case "timestep" -> value.floats().put(0, TIMESTEP);
                case "time_ids" -> value.floats().put(new float[] {96, 96, 0, 0, 96, 96});
                default -> {}
            }
            inputs.put(input.name(), value);
        });
        return inputs;
    }

    @Override
    public void close() {
        weights.close();
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
