package org.mixdq4j.core.quantize.range;

import java.util.Arrays;
import java.util.Optional;

/** How the range of a tensor's integers is chosen. */
public enum RangeMethod {
    /** The extremes of everything seen. */
    MINMAX("minmax"),
    /** An exponential moving average of each batch's extremes (MixDQ). */
    RUNNING_MINMAX("running-minmax"),
    /** Quantiles of the values, cutting the same share at each end. */
    PERCENTILE("percentile"),
    /** The range with the least mean squared rounding and clipping error. */
    MSE("mse");

    private final String word;

    RangeMethod(String word) {
        this.word = word;
    }

    /** As written in a scheme. */
    public String word() {
        return word;
    }

    public static Optional<RangeMethod> of(String word) {
        return Arrays.stream(values())
                .filter(method -> method.word.equals(word))
                .findFirst();
    }
}
