package org.mixdq4j.core.pipeline;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Where a pipeline's time goes. A second counts for one stage only: what is loaded in the middle of another stage counts for
 * loading, except text encoders that are loaded in parts ({@link PipelineSetup#lowMemory}), which count for the text.
 */
public final class StageTimes {
    /** What a pipeline does, in its order. */
    public enum Stage {
        /** Waiting for weights and plans. */
        LOAD,
        /** Prompts to embeddings. */
        TEXT,
        /** The noise predictor and the scheduler. */
        STEPS,
        /** Latents to pictures. */
        DECODE;

        /** In lower case. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
    private Stage current;
    private long since;

    <T> T of(Stage stage, Supplier<T> work) {
        Stage outer = current;
        enter(stage);
        try {
            return work.get();
        } finally {
            enter(outer);
        }
    }

    private void enter(Stage stage) {
        long now = System.nanoTime();
        if (current != null) {
            nanos.merge(current, now - since, Long::sum);
        }
        current = stage;
        since = now;
    }

    /** Seconds so far, of all pictures together. */
    public double seconds(Stage stage) {
        return nanos.getOrDefault(stage, 0L) * 1e-9;
    }
}
