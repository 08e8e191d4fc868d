package org.mixdq4j.core.prompt;

/** What the characters of a prompt mean. */
public enum PromptStyle {
    /** All is text; what is longer than the text encoder reads is left out. As diffusers' pipelines do. */
    PLAIN,
    /** Brackets weigh words, and a long prompt is read in chunks ({@link WeightedPrompt}, {@link PromptChunks}). */
    A1111
}
