package org.mixdq4j.core.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A word whose vectors textual inversion learned, for the text encoders of one model. The word stands for all its vectors;
 * further ones have tokens of their own, the word with _1, _2, ... behind, as in diffusers.
 *
 * @param token the word
 * @param vectors float [count, features] by name of the text encoder
 */
public record LearnedEmbedding(String token, Map<String, Tensor> vectors) {
    public LearnedEmbedding {
        vectors = Map.copyOf(vectors);
    }

    /**
     * Finds the text encoders that the vectors of a file are for.
     *
     * @throws MixdqException if the model has none that reads vectors of this width
     */
    public static List<LearnedEmbedding> of(EmbeddingFile file, ModelSource model) {
        Map<String, Integer> widths = new TreeMap<>();
        model.textEncoders().stream().filter(model::has).forEach(name -> widths.put(name, width(model.config(name))));
        List<LearnedEmbedding> result = new ArrayList<>();
        for (EmbeddingFile.Word word : file.words()) {
            Map<String, Tensor> vectors = new TreeMap<>();
            word.vectors().forEach((encoder, rows) -> place(file, encoder, rows, widths)
                    .ifPresent(name -> vectors.put(name, rows)));
            if (vectors.isEmpty()) {
                throw new MixdqException("The embedding " + file.path() + " holds vectors of " + word.widths()
                        + " values, but the text encoders of " + model + " read " + widths
                        + "; get one that was learned for this kind of model.");
            }
            result.add(new LearnedEmbedding(word.token(), vectors));
        }
        return result;
    }

    /** The encoder a file names, if the model has it and the width fits; else the first of this width. */
    private static Optional<String> place(
            EmbeddingFile file, String encoder, Tensor rows, Map<String, Integer> widths) {
        int width = rows.shape().dim(1);
        if (encoder.equals(EmbeddingFile.ANY)) {
            return widths.keySet().stream()
                    .filter(name -> widths.get(name) == width)
                    .findFirst();
        }
        if (!widths.containsKey(encoder)) {
            return Optional.empty();
        }
        if (widths.get(encoder) != width) {
            throw new MixdqException("The embedding " + file.path() + " holds vectors of " + width + " values for "
                    + encoder + ", which reads " + widths.get(encoder)
                    + "; get one that was learned for this kind of model.");
        }
        return Optional.of(encoder);
    }

    private static int width(JsonNode config) {
        return config.path("hidden_size").asInt(config.path("d_model").asInt());
    }

    /** The tokens an encoder's tokenizer learns: one a vector; none if the vectors are not for this encoder. */
    public List<String> tokens(String encoder) {
        List<String> tokens = new ArrayList<>();
        int count = vectors.containsKey(encoder) ? vectors.get(encoder).shape().dim(0) : 0;
        for (int i = 0; i < count; i++) {
            tokens.add(i == 0 ? token : token + "_" + i);
        }
        return tokens;
    }

    /** Digest of the word and its vectors. */
    public String digest() {
        Sha256.Builder hash = new Sha256.Builder().add(token);
        new TreeMap<>(vectors).forEach((encoder, rows) -> hash.add("\n" + encoder + " " + rows.shape() + "\n")
                .add(rows.toF32().buffer()));
        return hash.hex();
    }
}
