package org.mixdq4j.core.pipeline;

import java.util.Collections;
import java.util.Optional;
import org.mixdq4j.core.tensor.Axes;

/**
 * Texts of unequal length through one network. Attention over tokens that are there twice gives what it gives over them
 * once, so the shorter text is repeated; it need not be filled up with anything.
 */
final class TextLength {
    private TextLength() {}

    /** The least number of tokens that is a multiple of both texts'. */
    static int common(Conditioning positive, Optional<Conditioning> negative) {
        int own = tokens(positive);
        int other = negative.map(TextLength::tokens).orElse(own);
        return own / gcd(own, other) * other;
    }

    static Conditioning repeated(Conditioning text, int tokens) {
        int times = tokens / tokens(text);
        return times == 1
                ? text
                : new Conditioning(Axes.join(1, Collections.nCopies(times, text.hiddenStates())), text.pooled());
    }

    private static int tokens(Conditioning text) {
        return text.hiddenStates().shape().dim(1);
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
