package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.model.source.ModelSource;

/**
 * How prompts are read where a model has a place for a sequence encoder (T5) whose tokens stand behind those of its CLIP
 * encoders, as Stable Diffusion 3 has. The place is there if model_index.json names it, be it as {@code [null, null]}.
 *
 * @param sequenceLength tokens in that place, to which prompts are cut or padded; 0 for models without it
 * @param sequenceEncoder whether the encoder gives them; otherwise they are zeros
 */
public record PromptSettings(int sequenceLength, boolean sequenceEncoder) {
    /** Component with the sequence encoder. */
    public static final String ENCODER = "text_encoder_3";

    /** diffusers' limits of max_sequence_length; one token is the end of the text. */
    private static final int LEAST = 2;

    private static final int MOST = 512;

    private static final String LENGTH_FIELD = "max_sequence_length";
    private static final String ENCODER_FIELD = "t5";

    /** What the model is made for: its own length, and its encoder if the index lists one. */
    public static PromptSettings of(ModelSource model) {
        return hasPlace(model)
                ? new PromptSettings(SamplingDefaults.of(model).sequenceLength(), model.lists(ENCODER))
                : new PromptSettings(0, false);
    }

    /**
     * What a user asks for.
     *
     * @param length empty: the model's
     * @param withoutEncoder to leave the encoder out though the model has it
     * @throws UsageException if the model has no place for what is asked about, or the length is out of range
     * @throws MixdqException if the encoder is to be used, but its folder is missing
     */
    public static PromptSettings of(ModelSource model, Optional<Integer> length, boolean withoutEncoder) {
        if (!hasPlace(model) && (length.isPresent() || withoutEncoder)) {
            throw new UsageException(
                    "The model " + model + " is a " + model.pipelineClass() + " without a place for a T5 (" + ENCODER
                            + "); leave out " + (withoutEncoder ? "--no-t5." : "--max-sequence-length."));
        }
        PromptSettings made = of(model);
        int tokens = length.orElse(made.sequenceLength());
        if (hasPlace(model) && (tokens < LEAST || tokens > MOST)) {
            throw new UsageException("The prompt length " + tokens + " cannot be read; give --max-sequence-length "
                    + LEAST + " to " + MOST + ".");
        }
        boolean encoder = made.sequenceEncoder() && !withoutEncoder;
        if (encoder && !model.has(ENCODER)) {
            throw new MixdqException("The model " + model + " lists '" + ENCODER + "' ("
                    + model.index().path(ENCODER).path(1).asText()
                    + ") in its model_index.json, but has no folder of this name; get the complete model folder, or pass"
                    + " --no-t5 to draw without it.");
        }
        return new PromptSettings(tokens, encoder);
    }

    private static boolean hasPlace(ModelSource model) {
        return model.index().has(ENCODER);
    }

    /** What {@link #record} put among the settings of a run. */
    public static PromptSettings recorded(JsonNode settings) {
        return new PromptSettings(
                settings.path(LENGTH_FIELD).asInt(),
                settings.path(ENCODER_FIELD).asBoolean());
    }

    /** Puts what changes numbers among the settings of a run: nothing for models without the place. */
    public void record(ObjectNode settings) {
        if (sequenceLength > 0) {
            settings.put(LENGTH_FIELD, sequenceLength).put(ENCODER_FIELD, sequenceEncoder);
        }
    }
}
