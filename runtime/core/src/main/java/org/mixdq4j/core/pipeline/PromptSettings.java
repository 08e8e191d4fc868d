package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.prompt.LearnedEmbedding;
import org.mixdq4j.core.prompt.PromptStyle;

/**
 * How prompts are read where a model has a place for a sequence encoder (T5) whose tokens stand behind those of its CLIP
 * encoders, as Stable Diffusion 3 has. The place is there if model_index.json names it, be it as {@code [null, null]}.
 *
 * @param sequenceLength tokens in that place, to which prompts are cut or padded; 0 for models without it
 * @param sequenceEncoder whether the encoder gives them; otherwise they are zeros
 * @param clipSkip layers of the CLIP encoders that are left out at the end, as diffusers' {@code clip_skip}
 * @param style what the characters of a prompt mean
 * @param embeddings words with learned vectors, besides those of the model
 */
public record PromptSettings(
        int sequenceLength,
        boolean sequenceEncoder,
        int clipSkip,
        PromptStyle style,
        List<LearnedEmbedding> embeddings) {
    /** Component with the sequence encoder. */
    public static final String ENCODER = "text_encoder_3";

    /** diffusers' limits of max_sequence_length; one token is the end of the text. */
    private static final int LEAST = 2;

    private static final int MOST = 512;

    private static final String LENGTH_FIELD = "max_sequence_length";
    private static final String ENCODER_FIELD = "t5";

    private static final String SKIP_FIELD = "clip_skip";
    private static final String STYLE_FIELD = "prompt_style";
    private static final String EMBEDDINGS_FIELD = "embeddings";

    public PromptSettings {
        embeddings = List.copyOf(embeddings);
    }

    /** Prompts as a model is made for. */
    public PromptSettings(int sequenceLength, boolean sequenceEncoder) {
        this(sequenceLength, sequenceEncoder, 0, PromptStyle.PLAIN, List.of());
    }

    /** The same with hidden states from further in front. */
    public PromptSettings withClipSkip(int layers) {
        if (layers < 0) {
            throw new UsageException("Cannot leave out " + layers + " layers; give --clip-skip 0 or more.");
        }
        return new PromptSettings(sequenceLength, sequenceEncoder, layers, style, embeddings);
    }

    /** The same with prompts written otherwise. @throws UsageException for models that read more than CLIP's tokens */
    public PromptSettings withStyle(PromptStyle other) {
        if (other == PromptStyle.A1111 && sequenceLength > 0) {
            throw new UsageException(
                    "Weights and chunks (--prompt-style a1111) are made for models that read CLIP alone,"
                            + " such as SD1.5 and SDXL; leave the option out for a model with a place for a T5.");
        }
        return new PromptSettings(sequenceLength, sequenceEncoder, clipSkip, other, embeddings);
    }

    /** The same with words learned from files. */
    public PromptSettings withEmbeddings(List<LearnedEmbedding> learned) {
        return new PromptSettings(sequenceLength, sequenceEncoder, clipSkip, style, learned);
    }

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

    /** What {@link #record} put among the settings of a run, without the vectors of embeddings. */
    public static PromptSettings recorded(JsonNode settings) {
        return new PromptSettings(
                settings.path(LENGTH_FIELD).asInt(),
                settings.path(ENCODER_FIELD).asBoolean(),
                settings.path(SKIP_FIELD).asInt(),
                settings.path(STYLE_FIELD).asText().isEmpty()
                        ? PromptStyle.PLAIN
                        : PromptStyle.valueOf(
                                settings.path(STYLE_FIELD).asText().toUpperCase(Locale.ROOT)),
                List.of());
    }

    /** Puts what changes numbers among the settings of a run: nothing where prompts are read as most models read them. */
    public void record(ObjectNode settings) {
        if (sequenceLength > 0) {
            settings.put(LENGTH_FIELD, sequenceLength).put(ENCODER_FIELD, sequenceEncoder);
        }
        if (clipSkip > 0) {
            settings.put(SKIP_FIELD, clipSkip);
        }
        if (style != PromptStyle.PLAIN) {
            settings.put(STYLE_FIELD, style.name().toLowerCase(Locale.ROOT));
        }
        if (!embeddings.isEmpty()) {
            ObjectNode digests = settings.putObject(EMBEDDINGS_FIELD);
            embeddings.forEach(word -> digests.put(word.token(), word.digest()));
        }
    }
}
