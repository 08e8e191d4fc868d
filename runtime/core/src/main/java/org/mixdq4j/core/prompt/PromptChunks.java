package org.mixdq4j.core.prompt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.mixdq4j.core.tokenizer.PromptTokenizer;

/**
 * Cuts a weighted prompt into chunks as long as the text encoder reads, by AUTOMATIC1111's rules: a chunk holds as many tokens
 * as fit between begin and end token; where it is full and a comma stands among its last 20, what follows the comma moves to
 * the next chunk; an embedding of several vectors is not cut. There is always one chunk.
 */
public final class PromptChunks {
    /** The web UI's default of how far back a comma is looked for. */
    private static final int COMMA_REACH = 20;

    /**
     * A chunk.
     *
     * @param ids begin token, the text's tokens, end token, padding
     * @param weights of each of the ids
     */
    public record Chunk(long[] ids, float[] weights) {
        /** Whether all weights are 1. */
        public boolean plain() {
            for (float weight : weights) {
                if (weight != 1) {
                    return false;
                }
            }
            return true;
        }
    }

    private final PromptTokenizer tokenizer;
    private final int capacity;
    private final List<Chunk> chunks = new ArrayList<>();
    private List<Long> ids = new ArrayList<>();
    private List<Float> weights = new ArrayList<>();
    private int lastComma = -1;

    private PromptChunks(PromptTokenizer tokenizer, int length) {
        this.tokenizer = tokenizer;
        this.capacity = length - 2;
    }

    /** @param length ids of a chunk */
    public static List<Chunk> of(WeightedPrompt prompt, PromptTokenizer tokenizer, int length) {
        PromptChunks maker = new PromptChunks(tokenizer, length);
        for (WeightedPrompt.Part part : prompt.parts()) {
            if (part.isBreak()) {
                maker.nextChunk();
            } else {
                tokenizer.words(part.text()).forEach(word -> maker.add(word, (float) part.weight()));
            }
        }
        if (!maker.ids.isEmpty() || maker.chunks.isEmpty()) {
            maker.nextChunk();
        }
        return List.copyOf(maker.chunks);
    }

    private void add(long[] word, float weight) {
        boolean comma = word.length == 1 && word[0] == tokenizer.commaId();
        if (comma) {
            lastComma = ids.size();
        } else if (ids.size() == capacity && lastComma >= 0 && ids.size() - lastComma <= COMMA_REACH) {
            moveWhatFollowsTheComma();
        }
        if (ids.size() == capacity || (word.length > 1 && ids.size() + word.length > capacity)) {
            nextChunk();
        }
        for (long id : word) {
            if (ids.size() == capacity) {
                // An embedding longer than a whole chunk.
                nextChunk();
            }
            ids.add(id);
            weights.add(weight);
        }
    }

    private void moveWhatFollowsTheComma() {
        List<Long> movedIds = ids.subList(lastComma + 1, ids.size());
        List<Float> movedWeights = weights.subList(lastComma + 1, weights.size());
        List<Long> nextIds = new ArrayList<>(movedIds);
        List<Float> nextWeights = new ArrayList<>(movedWeights);
        movedIds.clear();
        movedWeights.clear();
        nextChunk();
        ids = nextIds;
        weights = nextWeights;
    }

    private void nextChunk() {
        long[] padded = new long[capacity + 2];
        float[] factors = new float[capacity + 2];
        Arrays.fill(padded, tokenizer.padId());
        Arrays.fill(factors, 1);
        padded[0] = tokenizer.bosId();
        for (int i = 0; i < ids.size(); i++) {
            padded[i + 1] = ids.get(i);
            factors[i + 1] = weights.get(i);
        }
        padded[ids.size() + 1] = tokenizer.eosId();
        chunks.add(new Chunk(padded, factors));
        ids = new ArrayList<>();
        weights = new ArrayList<>();
        lastComma = -1;
    }
}
