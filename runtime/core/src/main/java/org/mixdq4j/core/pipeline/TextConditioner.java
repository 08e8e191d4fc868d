package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.model.folder.ModelFolder;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Prompts to embeddings as diffusers' pipelines make them. SDXL joins the penultimate hidden states of its two encoders
 * along the features and pools the second; SD1.x takes the last hidden state of its one.
 */
public final class TextConditioner implements AutoCloseable {
    private final List<TextEncoder> encoders;
    private final boolean zerosForAbsent;

    private TextConditioner(List<TextEncoder> encoders, boolean zerosForAbsent) {
        this.encoders = encoders;
        this.zerosForAbsent = zerosForAbsent;
    }

    /** Loads the text encoders of a model. */
    public static TextConditioner open(ModelFolder folder, Executor executor) {
        List<TextEncoder> encoders = new ArrayList<>();
        try {
            encoders.add(TextEncoder.open(folder, "text_encoder", "tokenizer", executor));
            if (folder.lists("text_encoder_2")) {
                encoders.add(TextEncoder.open(folder, "text_encoder_2", "tokenizer_2", executor));
            }
        } catch (RuntimeException e) {
            encoders.forEach(TextEncoder::close);
            throw e;
        }
        boolean zeros = folder.index().path("force_zeros_for_empty_prompt").asBoolean(encoders.size() > 1);
        return new TextConditioner(encoders, zeros && encoders.size() > 1);
    }

    /** Padded token ids of each encoder's tokenizer. */
    public List<long[]> tokens(String prompt) {
        return encoders.stream().map(encoder -> encoder.tokens(prompt)).toList();
    }

    /** Whether an encoder cannot take the whole prompt and its end will be ignored. */
    public boolean truncates(String prompt) {
        return encoders.stream().anyMatch(encoder -> encoder.truncates(prompt));
    }

    public Conditioning encode(String prompt) {
        if (encoders.size() == 1) {
            Map<String, Tensor> out = encoders.get(0).encode(prompt, Set.of("last_hidden_state"));
            return new Conditioning(out.get("last_hidden_state"), Optional.empty());
        }
        Tensor first = encoders.get(0).encode(prompt, Set.of("penultimate")).get("penultimate");
        Map<String, Tensor> second = encoders.get(1).encode(prompt, Set.of("penultimate", "text_embeds"));
        return new Conditioning(
                Axes.join(-1, List.of(first, second.get("penultimate"))), Optional.of(second.get("text_embeds")));
    }

    /** The negative side of guidance: SDXL models take zeros where none is given, others the empty prompt. */
    public Conditioning encodeNegative(Optional<String> negative) {
        Conditioning encoded = encode(negative.orElse(""));
        return negative.isEmpty() && zerosForAbsent ? encoded.zeros() : encoded;
    }

    @Override
    public void close() {
        encoders.forEach(TextEncoder::close);
    }
}
