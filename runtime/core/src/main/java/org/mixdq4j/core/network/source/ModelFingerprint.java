package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.safetensors.StoredWeights;

/**
 * Tells models apart: one SHA-256 per component over its configuration and its weights. Of a large tensor only evenly
 * spaced rows are hashed, at least 1 MiB, so that a 5 GB model is known in a moment; two fine-tunes of one model differ in
 * every such row.
 *
 * @param components component name to hexadecimal digest, sorted; of what was added to their weights ({@link
 *     ModelSource#merged}) the name after "lora "
 */
public record ModelFingerprint(Map<String, String> components) {
    private static final List<String> HASHED =
            List.of("unet", "transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae");
    /** What models are run without as well; it need not be there. */
    private static final Set<String> OPTIONAL = Set.of("text_encoder_3");

    private static final String LORA = "lora ";

    private static final int WHOLE_BYTES = 1 << 20;
    private static final int PIECE_BYTES = 1 << 30;

    /** Fields that say who saved a config, not what it means. */
    private static final Set<String> PROVENANCE =
            Set.of("_diffusers_version", "_name_or_path", "transformers_version", "torch_dtype", "dtype");

    public ModelFingerprint {
        components = Collections.unmodifiableMap(new TreeMap<>(components));
    }

    public static ModelFingerprint of(ModelSource folder) {
        Map<String, String> digests = new TreeMap<>();
        for (String component : HASHED) {
            if (OPTIONAL.contains(component) ? folder.has(component) : folder.lists(component)) {
                digests.put(component, digest(folder, component));
            }
        }
        folder.merged().forEach((name, digest) -> digests.put(LORA + name, digest));
        return new ModelFingerprint(digests);
    }

    /** From the JSON object {@link #toJson} makes. */
    public static ModelFingerprint fromJson(JsonNode json) {
        Map<String, String> digests = new TreeMap<>();
        json.fields()
                .forEachRemaining(
                        entry -> digests.put(entry.getKey(), entry.getValue().asText()));
        return new ModelFingerprint(digests);
    }

    public JsonNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        components.forEach(json::put);
        return json;
    }

    /**
     * How another model differs from this one, to follow "was made".
     *
     * @param preposition between that and "a model"
     * @param otherName of the other model, as {@code --model} has it
     * @param ignored components that do not matter
     */
    public Optional<String> mismatch(
            String preposition, ModelFingerprint other, Object otherName, Set<String> ignored) {
        Optional<String> component = difference(other, ignored);
        if (component.isEmpty() && !hasLorasOf(other)) {
            return Optional.of((loras().isEmpty() ? "without --lora" : "with --lora " + loras()) + ", but now "
                    + (other.loras().isEmpty() ? "there is none" : "it is --lora " + other.loras()));
        }
        return component.map(name -> preposition + " a model whose " + name + " is " + brief(name)
                + ", but that of --model " + otherName + " is " + other.brief(name));
    }

    /** Whether the same was added to both models' weights. */
    public boolean hasLorasOf(ModelFingerprint other) {
        return loraDigests().equals(other.loraDigests());
    }

    private String loras() {
        return components.keySet().stream()
                .filter(name -> name.startsWith(LORA))
                .map(name -> name.substring(LORA.length()))
                .collect(Collectors.joining(" --lora "));
    }

    /** Sorted: the order they are given in does not matter, nor what their files are called. */
    private List<String> loraDigests() {
        return components.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(LORA))
                .map(Map.Entry::getValue)
                .sorted()
                .toList();
    }

    /**
     * A component both have, other than those to ignore, whose digests differ; or one that only one of them has, unless
     * models can do without it.
     */
    Optional<String> difference(ModelFingerprint other, Set<String> ignored) {
        Set<String> all = new TreeSet<>(components.keySet());
        all.addAll(other.components.keySet());
        all.removeAll(ignored);
        all.removeIf(name -> name.startsWith(LORA)
                || OPTIONAL.contains(name) && !(components.containsKey(name) && other.components.containsKey(name)));
        return all.stream()
                .filter(name -> !components.getOrDefault(name, "").equals(other.components.getOrDefault(name, "")))
                .findFirst();
    }

    /** First digits of a component's digest, for messages. */
    public String brief(String component) {
        String digest = components.get(component);
        return digest == null ? "none" : Sha256.brief(digest);
    }

    /** Of one component. Of a large one it is remembered as long as its files do not change. */
    public static String digest(ModelSource folder, String component) {
        StringBuilder settings = new StringBuilder();
        JsonNode config = folder.config(component);
        List<String> fields = new ArrayList<>();
        config.fieldNames().forEachRemaining(fields::add);
        fields.removeAll(PROVENANCE);
        Collections.sort(fields);
        for (String field : fields) {
            // Separated: {"a": 1, "b": 2} is not {"a1b": 2}.
            settings.append("\n").append(field).append("=").append(config.get(field));
        }
        try (StoredWeights weights = folder.weights(component)) {
            return KnownDigests.ofUser()
                    .get(settings.toString(), weights.paths(), () -> digest(settings.toString(), weights));
        }
    }

    private static String digest(String settings, StoredWeights weights) {
        Sha256.Builder hash = new Sha256.Builder().add(settings);
        // As stored, so that scales count and a type that nothing here computes with does no harm.
        for (String name : new TreeSet<>(weights.storedNames())) {
            hash.add("\n" + name + " " + weights.storedType(name) + Arrays.toString(weights.storedShape(name)));
            addSampled(hash, weights, name);
        }
        return hash.hex();
    }

    private static void addSampled(Sha256.Builder hash, StoredWeights weights, String name) {
        long bytes = weights.byteSize(name);
        long[] shape = weights.storedShape(name);
        if (bytes <= WHOLE_BYTES || shape.length == 0 || shape[0] < 2) {
            addBytes(hash, weights, name, 0, bytes);
            return;
        }
        long stride = bytes / WHOLE_BYTES;
        long rowBytes = bytes / shape[0];
        for (long row = 0; row < shape[0]; row += stride) {
            addBytes(hash, weights, name, row * rowBytes, rowBytes);
        }
    }

    /** In pieces: a row may be over 2 GiB. */
    private static void addBytes(Sha256.Builder hash, StoredWeights weights, String name, long from, long count) {
        for (long at = 0; at < count; at += PIECE_BYTES) {
            hash.add(weights.bytes(name, from + at, (int) Math.min(PIECE_BYTES, count - at)));
        }
    }
}
