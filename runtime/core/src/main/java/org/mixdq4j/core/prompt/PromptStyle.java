package org.mixdq4j.core.prompt;

import java.util.Locale;

/** What the characters of a prompt mean. */
public enum PromptStyle {
    /** All is text; what is longer than the text encoder reads is left out. As diffusers' pipelines do. */
    PLAIN,
    /** Brackets weigh words, and a long prompt is read in chunks ({@link WeightedPrompt}, {@link PromptChunks}). */
    A1111;

    /** As people write it and artefacts record it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
