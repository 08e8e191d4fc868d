package org.mixdq4j.core.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * The weights of one network as diffusers and transformers store them: a folder with
 * {@code diffusion_pytorch_model.safetensors} or {@code model.safetensors}, or with several shards and an index of
 * them; or with a variant of these, such as {@code model.fp16.safetensors}. 8-bit floats are read as the F16 that holds the
 * same numbers; a weight with a scale beside it ({@code scale_weight}, {@code weight_scale}) is read multiplied, as F32.
 */
public final class SafetensorsFolder implements StoredWeights {
    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, SafetensorsFile> fileOf;
    private final WidenedWeights widened;

    private SafetensorsFolder(Path path, List<SafetensorsFile> files, Map<String, SafetensorsFile> fileOf) {
        this.path = path;
        this.files = List.copyOf(files);
        this.fileOf = Collections.unmodifiableMap(fileOf);
        this.widened = new WidenedWeights(this);
    }

    /**
     * @param path the folder, or one {@code .safetensors} file or {@code .index.json} itself
     * @throws MixdqException if there is no checkpoint, more than one, or a part of it is missing or broken
     */
    public static SafetensorsFolder open(Path path) {
        return open(path, Optional.empty());
    }

    /**
     * @param path the folder, or one {@code .safetensors} file or {@code .index.json} itself
     * @param variant read where the folder has it: {@code fp16}, {@code non_ema}...; else files of no variant are, else those
     *     of the only variant there is
     * @throws MixdqException if there is no checkpoint, more than one, or a part of it is missing or broken
     */
    public static SafetensorsFolder open(Path path, Optional<String> variant) {
        Path checkpoint = CheckpointFiles.locate(path, variant);
        List<SafetensorsFile> files = new ArrayList<>();
        Map<String, SafetensorsFile> fileOf = new LinkedHashMap<>();
        try {
            if (CheckpointFiles.isIndex(checkpoint)) {
                openShards(checkpoint, files, fileOf);
            } else {
                SafetensorsFile file = SafetensorsFile.open(checkpoint);
                files.add(file);
                file.names().forEach(name -> fileOf.put(name, file));
            }
            return new SafetensorsFolder(path, files, fileOf);
        } catch (RuntimeException e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private static void openShards(Path index, List<SafetensorsFile> files, Map<String, SafetensorsFile> fileOf) {
        for (Map.Entry<Path, Set<String>> entry : readIndex(index).entrySet()) {
            Path shard = entry.getKey();
            if (!Files.exists(shard)) {
                throw new MixdqException("the shard " + shard + ", which " + index.getFileName()
                        + " names, is missing; download it into the same folder");
            }
            SafetensorsFile file = SafetensorsFile.open(shard);
            files.add(file);
            for (String name : entry.getValue()) {
                if (!file.contains(name)) {
                    throw new MixdqException(shard + " lacks the tensor '" + name + "' that " + index.getFileName()
                            + " promises there; download index and shards from one release");
                }
            }
            for (String name : file.names()) {
                if (entry.getValue().contains(name)) {
                    fileOf.put(name, file);
                }
            }
        }
    }

    /** Names of tensors by shard, the shards sorted. */
    private static Map<Path, Set<String>> readIndex(Path index) {
        JsonNode weightMap = Json.read(index).path("weight_map");
        if (!weightMap.isObject() || weightMap.isEmpty()) {
            throw new MixdqException(index + " has no weight_map from tensors to shards, so it is not the index of a"
                    + " checkpoint; download it again");
        }
        Map<Path, Set<String>> shards = new TreeMap<>();
        weightMap.fields().forEachRemaining(entry -> shards.computeIfAbsent(
                        shard(index, entry.getKey(), entry.getValue()), path -> new HashSet<>())
                .add(entry.getKey()));
        return shards;
    }

    private static Path shard(Path index, String name, JsonNode value) {
        if (!value.isTextual()) {
            throw new MixdqException(
                    index + " maps the tensor '" + name + "' to " + value + ", not to a file name; download it again");
        }
        // Compared as text, not resolved: in a download cache the shards are links to files elsewhere, which is fine.
        Path folder = index.toAbsolutePath().normalize().getParent();
        try {
            Path file = folder.resolve(value.textValue()).normalize();
            if (file.startsWith(folder) && !file.equals(folder)) {
                return index.resolveSibling(folder.relativize(file));
            }
        } catch (InvalidPathException e) {
            // Refused like any other name that is not a file of this folder.
        }
        throw new MixdqException(index + " maps the tensor '" + name + "' to '" + value.textValue()
                + "', outside its folder; refused, get the checkpoint from a source you trust");
    }

    /** The variants that a folder has its weights in, sorted; files of no variant are not among them. */
    public static List<String> variants(Path folder) {
        return CheckpointFiles.variants(folder);
    }

    public Path path() {
        return path;
    }

    /** The opened files, in the order of {@link #names()}. */
    public List<SafetensorsFile> files() {
        return files;
    }

    @Override
    public List<Path> paths() {
        return files.stream().map(SafetensorsFile::path).toList();
    }

    /** The weights, without scales that lie beside them; in the order of {@link #storedNames()}. */
    @Override
    public Set<String> names() {
        return widened.names();
    }

    /** All names: the shards sorted by file name, within one in the order of the data. */
    @Override
    public Set<String> storedNames() {
        return fileOf.keySet();
    }

    @Override
    public String storedType(String name) {
        return file(name).storedType(name);
    }

    @Override
    public long[] storedShape(String name) {
        return file(name).storedShape(name);
    }

    @Override
    public long byteSize(String name) {
        return file(name).byteSize(name);
    }

    @Override
    public ByteBuffer bytes(String name, long offset, int count) {
        return file(name).bytes(name, offset, count);
    }

    @Override
    public DType dtype(String name) {
        return widened.dtype(name);
    }

    @Override
    public Shape shape(String name) {
        return widened.shape(name);
    }

    @Override
    public Tensor tensor(String name) {
        return widened.tensor(name);
    }

    @Override
    public Tensor tensor(String name, int fromRow, int toRow) {
        return widened.tensor(name, fromRow, toRow);
    }

    /** The file that holds a tensor, be it a weight or not. */
    SafetensorsFile file(String name) {
        SafetensorsFile file = fileOf.get(name);
        if (file == null) {
            throw new MixdqException("the weights in " + path + " have no tensor '" + name + "' among their "
                    + fileOf.size() + "; check that they belong to this model");
        }
        return file;
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
