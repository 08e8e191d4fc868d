package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.prompt.PromptChunks;
import org.mixdq4j.core.prompt.WeightedPrompt;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Weighted prompts in chunks through one CLIP encoder, as AUTOMATIC1111's web UI does it ("original" emphasis): each chunk is
 * a text of its own; its hidden states are multiplied by the tokens' weights and then by what brings their mean back to where it was; the
 * chunks follow each other. The pooled text is the first chunk's, without weights.
 */
final class ChunkedEncoding {
    private final TextEncoder encoder;
    private final List<List<PromptChunks.Chunk>> byPrompt;

    ChunkedEncoding(TextEncoder encoder, List<WeightedPrompt> prompts) {
        this.encoder = encoder;
        this.byPrompt = prompts.stream()
                .map(prompt -> PromptChunks.of(prompt, encoder.tokenizer(), encoder.length()))
                .toList();
    }

    /** How many chunks a prompt has here. */
    int chunks(int prompt) {
        return byPrompt.get(prompt).size();
    }

    /**
     * One entry a prompt.
     *
     * @param hidden [1, chunks * length, features]
     * @param pooled [1, features], of encoders that give one
     */
    record Encoded(List<Tensor> hidden, Optional<List<Tensor>> pooled) {}

    /** @param counts chunks of each prompt, missing ones being empty texts @param skips whether layers are left out */
    Encoded encode(int[] counts, String hiddenState, boolean skips) {
        PromptChunks.Chunk empty = PromptChunks.of(WeightedPrompt.parse(""), encoder.tokenizer(), encoder.length())
                .get(0);
        List<PromptChunks.Chunk> all = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            List<PromptChunks.Chunk> own = byPrompt.get(i);
            for (int chunk = 0; chunk < counts[i]; chunk++) {
                all.add(chunk < own.size() ? own.get(chunk) : empty);
            }
        }
        List<TextEncoder.Read> outputs =
                encoder.read(all.stream().map(PromptChunks.Chunk::ids).toList(), hiddenState, skips);
        List<Tensor> hidden = new ArrayList<>();
        List<Tensor> pooled = new ArrayList<>();
        int first = 0;
        for (int count : counts) {
            List<Tensor> parts = new ArrayList<>();
            for (int i = first; i < first + count; i++) {
                parts.add(weighted(outputs.get(i).hidden(), all.get(i)));
            }
            hidden.add(parts.size() == 1 ? parts.get(0) : Axes.join(1, parts));
            outputs.get(first).pooled().ifPresent(pooled::add);
            first += count;
        }
        return new Encoded(hidden, pooled.isEmpty() ? Optional.empty() : Optional.of(pooled));
    }

    private static Tensor weighted(Tensor states, PromptChunks.Chunk chunk) {
        if (chunk.plain()) {
            return states;
        }
        float[] values = states.toFloatArray();
        double before = sum(values);
        int features = states.shape().dim(2);
        for (int i = 0; i < values.length; i++) {
            values[i] *= chunk.weights()[i / features];
        }
        double ratio = before / sum(values);
        // The mean of a norm's output that nothing was trained into is zero.
        float restore = Double.isFinite(ratio) ? (float) ratio : 1;
        for (int i = 0; i < values.length; i++) {
            values[i] *= restore;
        }
        return Tensor.of(states.shape(), values);
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }
}
