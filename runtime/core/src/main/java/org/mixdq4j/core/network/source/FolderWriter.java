package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.safetensors.TensorInfo;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * Writes a model as a folder in diffusers' layout, with the names and shards that save_pretrained gives. It is made under
 * another name and moved when it is whole; tensors are read and written one after the other.
 */
public final class FolderWriter {
    private static final Map<String, String> METADATA = Map.of("format", "pt");
    private static final long PIECE_BYTES = 1 << 28;

    private final ModelSource model;
    private final Optional<DType> dtype;
    private final long shardBytes;
    private final Progress progress;

    /**
     * @param dtype of all floating point weights; empty keeps each as it is stored (8-bit floats as F16 or F32)
     * @param shardBytes most bytes of one weights file
     */
    public FolderWriter(ModelSource model, Optional<DType> dtype, long shardBytes, Progress progress) {
        this.model = model;
        this.dtype = dtype;
        this.shardBytes = shardBytes;
        this.progress = progress;
    }

    /**
     * @param written bytes of weights by component
     * @param missing components the index lists but the model does not have; they are noted as absent
     */
    public record Outcome(Map<String, Long> written, List<String> missing) {}

    /**
     * @throws UsageException if something is at {@code out}
     * @throws MixdqException if a component other than a text encoder's last, which models do without, is missing
     */
    public Outcome write(Path out) {
        if (Files.exists(out)) {
            throw new UsageException("The path " + out
                    + " exists already; give another --out so that nothing of yours is" + " replaced.");
        }
        Path work = out.resolveSibling(out.getFileName() + ".partial");
        try {
            Folders.delete(work);
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", work, e);
        }
        AtomicFiles.createDirectories(work);
        Map<String, Long> written = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        ObjectNode index = model.index().deepCopy();
        for (String component : listed(index)) {
            if (!model.has(component)) {
                if (!component.endsWith("_3")) {
                    model.component(component);
                }
                missing.add(component);
                index.putArray(component).addNull().addNull();
                continue;
            }
            Path folder = work.resolve(component);
            AtomicFiles.createDirectories(folder);
            if (component.equals("scheduler")) {
                Json.write(folder.resolve("scheduler_config.json"), model.schedulerConfig());
                index.putArray(component)
                        .add("diffusers")
                        .add(model.schedulerConfig().path("_class_name").asText());
            } else if (component.startsWith("tokenizer")) {
                copy(model.component(component), folder);
            } else {
                Json.write(folder.resolve("config.json"), model.config(component));
                written.put(component, weights(component, folder));
            }
        }
        Json.write(work.resolve("model_index.json"), index);
        model.file("sampling_defaults.json").ifPresent(file -> copyFile(file, work));
        Folders.replace(work, out);
        return new Outcome(written, missing);
    }

    private static List<String> listed(JsonNode index) {
        List<String> components = new ArrayList<>();
        index.fieldNames().forEachRemaining(name -> {
            boolean known = name.equals("unet")
                    || name.equals("transformer")
                    || name.equals("vae")
                    || name.equals("scheduler")
                    || name.startsWith("text_encoder")
                    || name.startsWith("tokenizer");
            if (known && index.path(name).path(1).isTextual()) {
                components.add(name);
            }
        });
        return components;
    }

    /** A tokenizer's folder holds small files only. */
    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            files.filter(Files::isRegularFile).forEach(file -> copyFile(file, to));
        } catch (IOException e) {
            throw AtomicFiles.failure("list", from, e);
        }
    }

    private static void copyFile(Path file, Path folder) {
        Path target = folder.resolve(file.getFileName().toString());
        try {
            Files.write(target, Files.readAllBytes(file));
        } catch (IOException e) {
            throw AtomicFiles.failure("write", target, e);
        }
    }

    private long weights(String component, Path folder) {
        String stem = component.startsWith("text_encoder") ? "model" : "diffusion_pytorch_model";
        try (StoredWeights weights = model.weights(component)) {
            List<Map<String, TensorInfo>> shards = shards(weights);
            progress.begin("writing " + component, weights.names().size());
            int done = 0;
            long total = 0;
            ObjectNode map = Json.mapper().createObjectNode();
            for (int i = 0; i < shards.size(); i++) {
                String name = shards.size() == 1
                        ? stem + ".safetensors"
                        : String.format("%s-%05d-of-%05d.safetensors", stem, i + 1, shards.size());
                Map<String, TensorInfo> layout = SafetensorsWriter.aligned(shards.get(i));
                try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(name), layout, METADATA)) {
                    for (Map.Entry<String, TensorInfo> tensor : layout.entrySet()) {
                        write(writer, weights, tensor.getKey(), tensor.getValue());
                        map.put(tensor.getKey(), name);
                        total += tensor.getValue().bytes();
                        progress.at(++done);
                    }
                    writer.finish();
                }
            }
            if (shards.size() > 1) {
                ObjectNode json = Json.mapper().createObjectNode();
                json.putObject("metadata").put("total_size", total);
                json.set("weight_map", map);
                Json.write(folder.resolve(stem + ".safetensors.index.json"), json);
            }
            progress.end();
            return total;
        }
    }

    /** In the order of the names, as many to a file as fit. */
    private List<Map<String, TensorInfo>> shards(StoredWeights weights) {
        List<Map<String, TensorInfo>> shards = new ArrayList<>();
        long bytes = 0;
        for (String name : weights.names()) {
            DType stored = weights.dtype(name);
            TensorInfo info = new TensorInfo(stored.isFloat() ? dtype.orElse(stored) : stored, weights.shape(name));
            if (shards.isEmpty() || bytes + info.bytes() > shardBytes) {
                shards.add(new LinkedHashMap<>());
                bytes = 0;
            }
            shards.get(shards.size() - 1).put(name, info);
            bytes += info.bytes();
        }
        return shards;
    }

    private static void write(SafetensorsWriter writer, StoredWeights weights, String name, TensorInfo info) {
        Shape shape = info.shape();
        if (info.bytes() <= PIECE_BYTES || shape.rank() == 0) {
            writer.write(name, weights.tensor(name).to(info.dtype()));
            return;
        }
        int rows = (int) Math.max(1, PIECE_BYTES / (info.bytes() / shape.dim(0)));
        for (int from = 0; from < shape.dim(0); from += rows) {
            int to = Math.min(shape.dim(0), from + rows);
            writer.writeRows(name, weights.tensor(name, from, to).to(info.dtype()));
        }
    }
}
