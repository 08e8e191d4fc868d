package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.safetensors.StoredWeights;

/** A text-to-image model in diffusers' layout: {@code model_index.json} and a folder a component. Reads a file when it is first asked for. */
public final class ModelFolder implements ModelSource {
    private final Path root;
    private final JsonNode index;
    private final Optional<String> variant;
    private final Map<Path, JsonNode> settings = new ConcurrentHashMap<>();

    private ModelFolder(Path root, JsonNode index, Optional<String> variant) {
        this.root = root;
        this.index = index;
        this.variant = variant;
    }

    /** @throws MixdqException if there is no diffusers model at {@code root} */
    public static ModelFolder open(Path root) {
        return open(root, Optional.empty());
    }

    /**
     * @param variant which weights files to read; components that have none of this variant are read from what they have
     * @throws MixdqException if there is no diffusers model at {@code root}
     * @throws UsageException if no component comes in the variant
     */
    public static ModelFolder open(Path root, Optional<String> variant) {
        if (!Files.isDirectory(root)) {
            throw HubPaths.missing(root)
                    .orElseGet(
                            () -> new MixdqException(
                                    "There is no model " + root + "; --model takes a folder in diffusers' layout, with"
                                            + " model_index.json in it, or a .safetensors file of the layout that ComfyUI and web UIs share."));
        }
        Path index = root.resolve("model_index.json");
        if (!Files.isRegularFile(index)) {
            throw HubPaths.folder(root)
                    .orElseGet(() -> new MixdqException(
                            "The folder " + root + " has no model_index.json, so it is not a diffusers pipeline;"
                                    + " pass the folder that save_pretrained wrote."));
        }
        JsonNode json = Json.read(index);
        if (!json.path("_class_name").isTextual()) {
            throw new MixdqException(
                    index + " names no pipeline (_class_name); it is not a diffusers model_index.json.");
        }
        ModelFolder folder = new ModelFolder(root, json, variant);
        variant.ifPresent(folder::requireVariant);
        return folder;
    }

    /** A misspelled variant must not silently mean the plain files everywhere. */
    private void requireVariant(String wanted) {
        Set<String> found = new TreeSet<>();
        index.fieldNames().forEachRemaining(component -> {
            if (has(component)) {
                found.addAll(SafetensorsFolder.variants(root.resolve(component)));
            }
        });
        if (!found.contains(wanted)) {
            throw new UsageException("No weights of " + root + " come in the variant '" + wanted + "' (--variant); "
                    + (found.isEmpty()
                            ? "they have no variants, leave the option out."
                            : "there are " + String.join(", ", found) + "."));
        }
    }

    /** A folder that lacks model_index.json, and perhaps components. */
    static ModelFolder of(Path root, JsonNode index) {
        return new ModelFolder(root, index, Optional.empty());
    }

    @Override
    public Path root() {
        return root;
    }

    @Override
    public JsonNode index() {
        return index;
    }

    @Override
    public boolean has(String component) {
        return lists(component) && Files.isDirectory(root.resolve(component));
    }

    @Override
    public Path component(String component) {
        if (!has(component)) {
            throw new MixdqException("The model " + root + " has no component '" + component + "', which a "
                    + pipelineClass() + " needs; get the complete model folder.");
        }
        return root.resolve(component);
    }

    @Override
    public JsonNode config(String component) {
        JsonNode config = settings(component, "config.json");
        JsonNode found = config.has("_class_name")
                ? config.get("_class_name")
                : config.path("architectures").path(0);
        String listed = index.path(component).path(1).asText();
        if (found.isTextual() && !listed.isEmpty() && !found.textValue().equals(listed)) {
            throw new MixdqException("The file " + root.resolve(component).resolve("config.json") + " describes "
                    + found.textValue() + ", but model_index.json says that '" + component + "' is " + listed
                    + "; get the complete model folder from one source.");
        }
        return found.isTextual() || !config.isObject() ? config : named(component, config, listed);
    }

    /** Some tools leave the name of the class out; diffusers takes it from the index then, and so does this. */
    private JsonNode named(String component, JsonNode config, String listed) {
        Path file = root.resolve(component).resolve("config.json");
        if (listed.isEmpty()) {
            throw new MixdqException("The file " + file + " has neither '_class_name' nor 'architectures', and"
                    + " model_index.json does not say what '" + component + "' is; get the complete model folder.");
        }
        ObjectNode complete = config.deepCopy();
        complete.putArray("architectures").add(listed);
        return complete;
    }

    @Override
    public JsonNode schedulerConfig() {
        return settings("scheduler", "scheduler_config.json");
    }

    @Override
    public StoredWeights weights(String component) {
        return SafetensorsFolder.open(component(component), variant);
    }

    @Override
    public long weightBytes(String component) {
        try (StoredWeights weights = weights(component)) {
            return weights.storedNames().stream().mapToLong(weights::byteSize).sum();
        }
    }

    @Override
    public Optional<Path> file(String name) {
        return Optional.of(root.resolve(name)).filter(Files::isRegularFile);
    }

    private JsonNode settings(String component, String name) {
        Path file = component(component).resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new MixdqException("The model " + root + " has no " + component + "/" + name + ", which says how '"
                    + component + "' is built; get the complete model folder.");
        }
        return settings.computeIfAbsent(file, Json::read);
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
