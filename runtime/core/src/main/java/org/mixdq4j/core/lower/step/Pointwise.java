package org.mixdq4j.core.lower.step;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.View;

/**
 * Element by element: {@code then} applied to the input, written as floats or quantized. Without {@code then} and with
 * levels as output it is what quantizes an input.
 *
 * @param inputs floats, joined along the last axis
 */
public record Pointwise(String id, List<View> inputs, List<Epilogue> then, List<Output> outputs) implements Step {
    public Pointwise {
        inputs = List.copyOf(inputs);
        then = List.copyOf(then);
        outputs = List.copyOf(outputs);
    }

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
