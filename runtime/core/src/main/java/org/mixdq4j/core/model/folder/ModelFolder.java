package org.mixdq4j.core.model.folder;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.safetensors.SafetensorsFolder;

/** A text-to-image model in diffusers' layout: {@code model_index.json} and a folder a component. Reads a file when it is first asked for. */
public final class ModelFolder {
    private static final String TEXT_ENCODER = "text_encoder";

    private final Path root;
    private final JsonNode index;
    private final Map<Path, JsonNode> settings = new ConcurrentHashMap<>();

    private ModelFolder(Path root, JsonNode index) {
        this.root = root;
        this.index = index;
    }

    /** @throws MixdqException if there is no diffusers model at {@code root} */
    public static ModelFolder open(Path root) {
        if (!Files.isDirectory(root)) {
            throw new MixdqException("There is no model folder " + root
                    + "; --model takes a folder in diffusers' layout, with model_index.json in it.");
        }
        Path index = root.resolve("model_index.json");
        if (!Files.isRegularFile(index)) {
            throw new MixdqException(
                    "The folder " + root + " has no model_index.json, so it is not a diffusers pipeline;"
                            + " pass the folder that save_pretrained wrote.");
        }
        JsonNode json = Json.read(index);
        if (!json.path("_class_name").isTextual()) {
            throw new MixdqException(
                    index + " names no pipeline (_class_name); it is not a diffusers model_index.json.");
        }
        return new ModelFolder(root, json);
    }

    public Path root() {
        return root;
    }

    /** Class of the pipeline diffusers would load, such as {@code StableDiffusionXLPipeline}. */
    public String pipelineClass() {
        return index.path("_class_name").asText();
    }

    /** Fields of model_index.json. */
    public JsonNode index() {
        return index;
    }

    /** Whether the index lists the component; its folder may yet be missing. */
    public boolean lists(String component) {
        return index.path(component).path(0).isTextual();
    }

    /** Whether the index lists the component and its folder is there. */
    public boolean has(String component) {
        return lists(component) && Files.isDirectory(root.resolve(component));
    }

    /** The text encoders the index lists, in their order: {@code text_encoder}, {@code text_encoder_2}... */
    public List<String> textEncoders() {
        return Stream.concat(Stream.of(TEXT_ENCODER), IntStream.range(2, 10).mapToObj(i -> TEXT_ENCODER + "_" + i))
                .filter(this::lists)
                .toList();
    }

    /** Folder of a component. @throws MixdqException if the model has none */
    public Path component(String component) {
        if (!has(component)) {
            throw new MixdqException("The model " + root + " has no component '" + component + "', which a "
                    + pipelineClass() + " needs; get the complete model folder.");
        }
        return root.resolve(component);
    }

    /**
     * The component's config.json, read once: not to be changed.
     *
     * @throws MixdqException if there is none, or one of another class than the index says
     */
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
        return config;
    }

    /** scheduler/scheduler_config.json, read once: not to be changed. */
    public JsonNode schedulerConfig() {
        return settings("scheduler", "scheduler_config.json");
    }

    /** The component's weights, mapped; the caller closes them. */
    public SafetensorsFolder weights(String component) {
        return SafetensorsFolder.open(component(component));
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
