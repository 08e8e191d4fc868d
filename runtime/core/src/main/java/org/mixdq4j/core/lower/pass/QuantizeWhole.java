package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * A value whose rows are quantized in several parts alike, such as the picture's and the text's share of a joint
 * attention, is quantized once.
 */
public final class QuantizeWhole implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        Map<Value, List<Integer>> byValue = new LinkedHashMap<>();
        for (int i = 0; i < wiring.size(); i++) {
            int at = i;
            Quantizing.of(wiring.step(i))
                    .filter(quantizing -> isRows(quantizing.from()))
                    .ifPresent(quantizing -> byValue.computeIfAbsent(
                                    quantizing.from().value(), v -> new ArrayList<>())
                            .add(at));
        }
        byValue.forEach((value, steps) -> join(wiring, value, steps));
        return wiring.draft();
    }

    /** Whether a view is some whole rows of its value, but not all. */
    private static boolean isRows(View view) {
        int columns = view.value().shape().dim(-1);
        return view.isDense() && view.columns() == columns && view.offset() % columns == 0 && !Quantizing.isWhole(view);
    }

    private static void join(Wiring wiring, Value value, List<Integer> steps) {
        List<Quantizing> parts = steps.stream()
                .map(index -> Quantizing.of(wiring.step(index)).orElseThrow())
                .toList();
        Set<Quantizer> quantizers = new LinkedHashSet<>();
        Set<Long> starts = new LinkedHashSet<>();
        long elements = 0;
        for (Quantizing part : parts) {
            quantizers.add(part.levels().quantizer());
            starts.add(part.from().offset());
            elements += part.from().shape().elements();
        }
        if (quantizers.size() > 1
                || starts.size() < parts.size()
                || elements != value.shape().elements()) {
            return;
        }
        Quantizer quantizer = quantizers.iterator().next();
        int columns = value.shape().dim(-1);
        View all = View.of(new Value(value.id() + ":whole levels", value.shape(), DType.U8));
        boolean scaled = parts.get(0).levels().rowScales().isPresent();
        Optional<View> scales = scaled
                ? Optional.of(View.of(
                        new Value(value.id() + ":whole scales", Shape.of(Math.toIntExact(all.rows())), DType.F32)))
                : Optional.empty();
        steps.forEach(index -> wiring.set(index, null));
        for (Quantizing part : parts) {
            int row = Math.toIntExact(part.from().offset() / columns);
            View rows = View.of(part.levels().to().value());
            View place = new View(all.value(), rows.shape(), part.from().offset(), rows.strides());
            boolean done = wiring.relocate(part.levels().to().value(), place)
                    && part.levels()
                            .rowScales()
                            .map(own -> wiring.relocate(
                                    own.value(),
                                    scales.orElseThrow()
                                            .slice(
                                                    0,
                                                    row,
                                                    row
                                                            + Math.toIntExact(
                                                                    own.shape().elements()))))
                            .orElse(true);
            if (!done) {
                throw new IllegalStateException("rows of " + value + " cannot be quantized together");
            }
        }
        Pointwise whole = new Pointwise(
                parts.get(0).step().id(),
                List.of(View.of(value)),
                List.of(),
                List.of(new Output.Levels(all, scales, quantizer, 0)));
        wiring.set(steps.get(0), whole);
    }
}
