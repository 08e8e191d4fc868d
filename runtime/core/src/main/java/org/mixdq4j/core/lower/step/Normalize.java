package org.mixdq4j.core.lower.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.lower.View;

/**
 * A norm, then {@code then}, then one or several outputs: one or two passes over memory.
 *
 * @param inputs floats, joined along the last axis (the parts of a concat that is never made); matrices, or [B, H, W, C]
 * @param parameters id of the graph's node, whose {@code weight} and {@code bias} are read; empty if it has none
 */
public record Normalize(
        String id, Kind kind, Optional<String> parameters, List<View> inputs, List<Epilogue> then, List<Output> outputs)
        implements Step {
    public Normalize {
        inputs = List.copyOf(inputs);
        then = List.copyOf(then);
        outputs = List.copyOf(outputs);
    }

    /** What is normalized together. */
    public sealed interface Kind {
        double epsilon();
    }

    /** Groups of channels over all positions of a sample; the first axis counts samples. */
    public record Groups(int groups, double epsilon) implements Kind {}

    /** Each row. */
    public record Rows(double epsilon) implements Kind {}

    /** Each row, by its root mean square alone: {@code x / sqrt(mean(x^2) + epsilon) * weight}. */
    public record RootMeanSquare(double epsilon) implements Kind {}

    @Override
    public List<View> reads() {
        List<View> views = new ArrayList<>(inputs);
        then.forEach(epilogue -> views.addAll(epilogue.reads()));
        return views;
    }

    @Override
    public List<View> writes() {
        return Outputs.views(outputs);
    }
}
