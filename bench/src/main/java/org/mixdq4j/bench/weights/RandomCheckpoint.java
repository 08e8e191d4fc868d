package org.mixdq4j.bench.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.safetensors.TensorInfo;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * Writes a component as diffusers and transformers store it: config.json and FP16 weights, in shards with an index where
 * they are larger than one. Holds a few megabytes of them at a time. The same seed gives the same bytes.
 */
public final class RandomCheckpoint {
    private RandomCheckpoint() {}

    /**
     * Writes a network's weights into {@code folder}.
     *
     * @param graphs the network, or the halves of an autoencoder
     * @param shardBytes the most bytes of tensors a file
     * @return number of weights
     */
    public static long write(
            Path folder, JsonNode config, List<Graph> graphs, long seed, long shardBytes, Progress progress) {
        if (shardBytes < 1) {
            throw new UsageException("A shard of " + shardBytes + " bytes holds no tensor; give more.");
        }
        Map<String, RandomWeights> sources = new LinkedHashMap<>();
        Map<String, TensorInfo> layout = new LinkedHashMap<>();
        for (Graph graph : graphs) {
            RandomWeights weights = new RandomWeights(graph, seed);
            for (Map.Entry<String, Shape> entry : weights.shapes().entrySet()) {
                sources.put(entry.getKey(), weights);
                layout.put(entry.getKey(), new TensorInfo(DType.F16, entry.getValue()));
            }
        }
        List<Map<String, TensorInfo>> shards = shards(layout, shardBytes);
        String stem = config.has("_class_name") ? "diffusion_pytorch_model" : "model";
        progress.begin("writing shards", shards.size());
        Map<String, String> files = new LinkedHashMap<>();
        for (int i = 0; i < shards.size(); i++) {
            String name = shards.size() == 1
                    ? stem + ".safetensors"
                    : String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", stem, i + 1, shards.size());
            write(folder.resolve(name), shards.get(i), sources);
            shards.get(i).keySet().forEach(tensor -> files.put(tensor, name));
            progress.at(i + 1);
        }
        progress.end();
        if (shards.size() > 1) {
            writeIndex(folder.resolve(stem + ".safetensors.index.json"), layout, files);
        }
        Json.write(folder.resolve("config.json"), config);
        return layout.values().stream()
                .mapToLong(info -> info.shape().elements())
                .sum();
    }

    private static List<Map<String, TensorInfo>> shards(Map<String, TensorInfo> layout, long most) {
        List<Map<String, TensorInfo>> shards = new ArrayList<>();
        long bytes = most;
        for (Map.Entry<String, TensorInfo> entry : layout.entrySet()) {
            bytes += entry.getValue().bytes();
            if (bytes > most) {
                shards.add(new LinkedHashMap<>());
                bytes = entry.getValue().bytes();
            }
            shards.get(shards.size() - 1).put(entry.getKey(), entry.getValue());
        }
        return shards;
    }

    private static void write(Path file, Map<String, TensorInfo> layout, Map<String, RandomWeights> sources) {
        Map<String, TensorInfo> ordered = SafetensorsWriter.aligned(layout);
        try (SafetensorsWriter writer = SafetensorsWriter.create(file, ordered, Map.of("format", "pt"))) {
            for (String name : ordered.keySet()) {
                write(writer, name, sources.get(name));
            }
            writer.finish();
        }
    }

    /** Draws as many parts in parallel as there are processors. */
    private static void write(SafetensorsWriter writer, String name, RandomWeights source) {
        int count = source.partCount(name);
        if (count == 1) {
            writer.write(name, source.parts(name, 0, 1).get(0));
            return;
        }
        int atOnce = Runtime.getRuntime().availableProcessors();
        for (int first = 0; first < count; first += atOnce) {
            source.parts(name, first, Math.min(count, first + atOnce)).forEach(part -> writer.writeRows(name, part));
        }
    }

    private static void writeIndex(Path file, Map<String, TensorInfo> layout, Map<String, String> files) {
        ObjectNode index = Json.mapper().createObjectNode();
        index.putObject("metadata")
                .put(
                        "total_size",
                        layout.values().stream().mapToLong(TensorInfo::bytes).sum());
        ObjectNode map = index.putObject("weight_map");
        files.forEach(map::put);
        Json.write(file, index);
    }
}
