package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;

/**
 * Concats that are never made. Of one along channels, readers read the parts: a segment its own, a norm or a product all.
 * Of any other, what makes the parts writes them where they belong.
 */
public final class SplitConcat implements Pass {
    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        Set<Value> joined = new LinkedHashSet<>();
        for (Step step : draft.steps()) {
            if (step instanceof Move move && wiring.writers(move.to().value()).size() > 1) {
                joined.add(move.to().value());
            }
        }
        for (Value value : joined) {
            if (!readParts(wiring, value)) {
                writeParts(wiring, value);
            }
        }
        return wiring.draft();
    }

    private static boolean readParts(Wiring wiring, Value joined) {
        if (wiring.fixed(joined)) {
            return false;
        }
        List<Move> parts = new ArrayList<>();
        for (int writer : wiring.writers(joined)) {
            if (!(wiring.step(writer) instanceof Move move)
                    || !columns(move.to())
                    || !move.from().isMatrix()) {
                return false;
            }
            parts.add(move);
        }
        parts.sort(Comparator.comparingLong(move -> move.to().offset()));
        Map<Integer, Step> changed = new HashMap<>();
        for (int reader : wiring.readers(joined)) {
            Optional<Step> step = reading(wiring.step(reader), joined, parts);
            if (step.isEmpty() || !Rules.broken(step.get()).isEmpty()) {
                return false;
            }
            changed.put(reader, step.get());
        }
        changed.forEach(wiring::set);
        for (int writer : List.copyOf(wiring.writers(joined))) {
            wiring.set(writer, null);
        }
        return true;
    }

    /** Whether a view is some columns of all rows of its value. */
    private static boolean columns(View view) {
        int columns = view.value().shape().dim(-1);
        return view.isMatrix()
                && view.rows() == view.value().shape().elements() / columns
                && (view.rows() == 1 || view.rowStride() == columns)
                && view.offset() < columns;
    }

    /** The step with parts in place of the joined value; empty if it cannot read them. */
    private static Optional<Step> reading(Step step, Value joined, List<Move> parts) {
        Map<View, List<View>> found = new HashMap<>();
        for (View view : step.reads()) {
            if (view.value().equals(joined)) {
                List<View> sources = columns(view) ? sources(view, parts) : List.of();
                if (sources.isEmpty()) {
                    return Optional.empty();
                }
                found.put(view, sources);
            }
        }
        if (found.values().stream().allMatch(sources -> sources.size() == 1)) {
            return Optional.of(Steps.map(
                    step, view -> found.containsKey(view) ? found.get(view).get(0) : view));
        }
        Step split = withInputs(step, found);
        return split == null
                        || split.reads().stream().anyMatch(view -> view.value().equals(joined))
                ? Optional.empty()
                : Optional.of(split);
    }

    private static Step withInputs(Step step, Map<View, List<View>> parts) {
        if (step instanceof Pointwise p) {
            return new Pointwise(p.id(), split(p.inputs(), parts), p.then(), p.outputs());
        } else if (step instanceof Normalize n) {
            return new Normalize(n.id(), n.kind(), n.parameters(), split(n.inputs(), parts), n.then(), n.outputs());
        } else if (step instanceof Product p && !p.integer()) {
            List<View> inputs =
                    split(p.inputs().stream().map(Product.Operand::from).toList(), parts);
            List<Product.Operand> operands =
                    inputs.stream().map(Product.Floats::new).collect(Collectors.toList());
            return new Product(p.id(), p.layers(), p.op(), operands, p.firstRow(), p.then(), p.outputs());
        }
        return null;
    }

    private static List<View> split(List<View> inputs, Map<View, List<View>> parts) {
        return inputs.stream()
                .flatMap(view -> parts.getOrDefault(view, List.of(view)).stream())
                .toList();
    }

    /** What a view of some columns is made of; empty where a part cannot be seen under the view's shape. */
    private static List<View> sources(View view, List<Move> parts) {
        List<View> found = new ArrayList<>();
        int from = Math.toIntExact(view.offset());
        int to = from + view.columns();
        for (Move part : parts) {
            int start = Math.toIntExact(part.to().offset());
            int end = start + part.to().columns();
            if (end <= from || start >= to) {
                continue;
            }
            View columns = part.from().slice(-1, Math.max(from, start) - start, Math.min(to, end) - start);
            Optional<View> shaped = columns.reshape(view.shape().with(-1, columns.columns()));
            if (shaped.isEmpty()) {
                return List.of();
            }
            found.add(shaped.get());
        }
        return found;
    }

    private static void writeParts(Wiring wiring, Value joined) {
        for (int writer : List.copyOf(wiring.writers(joined))) {
            if (!(wiring.step(writer) instanceof Move move)
                    || !Quantizing.isWhole(move.from())
                    || !move.to().isMatrix()) {
                continue;
            }
            wiring.set(writer, null);
            if (!wiring.relocate(move.from().value(), move.to())) {
                wiring.set(writer, move);
            }
        }
    }
}
