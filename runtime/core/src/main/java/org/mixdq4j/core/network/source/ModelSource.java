package org.mixdq4j.core.network.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mixdq4j.core.safetensors.StoredWeights;

/**
 * A text-to-image model as its pipeline sees it: components with a configuration and weights, under the names diffusers
 * gives them, wherever they are stored. Reads a file when it is first asked for. What {@link #toString()} gives is for
 * messages: the path.
 */
public interface ModelSource {
    /** What was given as the model: a folder or a file. */
    Path root();

    /** Class of the pipeline diffusers would load, such as {@code StableDiffusionXLPipeline}. */
    default String pipelineClass() {
        return index().path("_class_name").asText();
    }

    /** Fields of model_index.json, or those it would have. */
    JsonNode index();

    /** Whether the index lists the component; it may yet be missing. */
    default boolean lists(String component) {
        return index().path(component).path(0).isTextual();
    }

    /** Whether the index lists the component and it is there. */
    boolean has(String component);

    /** The text encoders the index lists, in their order: {@code text_encoder}, {@code text_encoder_2}... */
    default List<String> textEncoders() {
        String first = "text_encoder";
        return Stream.concat(Stream.of(first), IntStream.range(2, 10).mapToObj(i -> first + "_" + i))
                .filter(this::lists)
                .toList();
    }

    /**
     * Folder of what a component has besides configuration and weights, such as a tokenizer's vocabulary.
     *
     * @throws org.mixdq4j.core.error.MixdqException if the model has no such component
     */
    Path component(String component);

    /** A small file beside model_index.json, such as sampling_defaults.json, where there is one. */
    Optional<Path> file(String name);

    /**
     * The component's config.json, read once: not to be changed.
     *
     * @throws org.mixdq4j.core.error.MixdqException if there is none, or one of another class than the index says
     */
    JsonNode config(String component);

    /** scheduler/scheduler_config.json, read once: not to be changed. */
    JsonNode schedulerConfig();

    /**
     * The component's weights, mapped, under the names diffusers and transformers give them; the caller closes them.
     *
     * @throws org.mixdq4j.core.error.MixdqException if the model has no such component
     */
    StoredWeights weights(String component);

    /** Bytes that the component's weights take where they are stored. */
    long weightBytes(String component);

    /** What was added to the stored weights, such as LoRAs: name as the user gives it to a digest of it. */
    default Map<String, String> merged() {
        return Map.of();
    }
}
