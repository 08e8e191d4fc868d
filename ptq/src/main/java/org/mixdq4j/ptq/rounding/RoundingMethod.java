package org.mixdq4j.ptq.rounding;

import org.mixdq4j.core.quant.ScaleSearch;

/** The roundings among which a layer's is chosen, from the plainest. */
public enum RoundingMethod {
    NEAREST_MINMAX("nearest minmax", ScaleSearch.MAX_ABS, false, false),
    NEAREST_MSE("nearest mse", ScaleSearch.LEAST_SQUARES, false, false),
    GPTQ_MINMAX("gptq minmax", ScaleSearch.MAX_ABS, true, false),
    GPTQ_MSE("gptq mse", ScaleSearch.LEAST_SQUARES, true, false),
    REFINED_MINMAX("gptq minmax, refined", ScaleSearch.MAX_ABS, true, true),
    REFINED_MSE("gptq mse, refined", ScaleSearch.LEAST_SQUARES, true, true);

    private final String words;
    private final ScaleSearch search;
    private final boolean feedback;
    private final boolean refined;

    RoundingMethod(String words, ScaleSearch search, boolean feedback, boolean refined) {
        this.words = words;
        this.search = search;
        this.feedback = feedback;
        this.refined = refined;
    }

    /** For people. */
    public String words() {
        return words;
    }

    /** How scales are chosen. */
    public ScaleSearch search() {
        return search;
    }

    /** Whether errors are fed back ({@link ErrorFeedback}). */
    public boolean feedback() {
        return feedback;
    }

    /** Whether coordinate descent follows ({@link CoordinateDescent}). */
    public boolean refined() {
        return refined;
    }
}
