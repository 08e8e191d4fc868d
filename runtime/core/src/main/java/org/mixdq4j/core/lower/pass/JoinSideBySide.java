package org.mixdq4j.core.lower.pass;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Step;

/**
 * Concats of tokens whose parts are columns of the same products (queries, keys and values of picture and text) become one
 * value with the columns side by side, which the products write directly.
 */
public final class JoinSideBySide implements Pass {
    /** Rows of a product's value that go into a concat. */
    private record Part(Value source, long rows) {}

    /** What concats must share: their parts in order. */
    private record Pattern(List<Part> parts) {}

    /** A concat of columns from {@code column} on of each of its parts. */
    private record Concat(Value joined, List<Move> moves, int column) {}

    @Override
    public Draft apply(Draft draft, Target target) {
        Wiring wiring = new Wiring(draft);
        Set<Value> joined = new LinkedHashSet<>();
        for (Step step : draft.steps()) {
            if (step instanceof Move move && wiring.writers(move.to().value()).size() > 1) {
                joined.add(move.to().value());
            }
        }
        Map<Pattern, List<Concat>> groups = new LinkedHashMap<>();
        for (Value value : joined) {
            List<Move> moves = new ArrayList<>();
            for (int writer : wiring.writers(value)) {
                if (wiring.step(writer) instanceof Move move) {
                    moves.add(move);
                }
            }
            moves.sort(Comparator.comparingLong(move -> move.to().offset()));
            if (moves.size() == wiring.writers(value).size() && moves.stream().allMatch(JoinSideBySide::fits)) {
                Pattern pattern = new Pattern(moves.stream()
                        .map(move -> new Part(move.from().value(), move.from().rows()))
                        .toList());
                Concat concat = new Concat(
                        value, moves, Math.toIntExact(moves.get(0).from().offset()));
                if (moves.stream().allMatch(move -> move.from().offset() == concat.column())) {
                    groups.computeIfAbsent(pattern, p -> new ArrayList<>()).add(concat);
                }
            }
        }
        groups.values().forEach(group -> join(wiring, group));
        return wiring.draft();
    }

    /** Whether some columns of all rows of a value become rows of another, whole and one after the other. */
    private static boolean fits(Move move) {
        View from = move.from();
        int columns = from.value().shape().dim(-1);
        return from.isMatrix()
                && from.columns() < columns
                && from.offset() < columns
                && from.rows() * columns == from.value().shape().elements()
                && (from.rows() == 1 || from.rowStride() == columns)
                && move.to().isDense()
                && move.to().columns() == move.to().value().shape().dim(-1);
    }

    private static void join(Wiring wiring, List<Concat> group) {
        Concat first = group.get(0);
        List<Value> sources =
                first.moves().stream().map(move -> move.from().value()).toList();
        int columns = sources.get(0).shape().dim(-1);
        int covered = group.stream()
                .mapToInt(concat -> concat.joined().shape().dim(-1))
                .sum();
        boolean apart = group.stream().map(Concat::column).distinct().count() == group.size();
        boolean alike = sources.stream().allMatch(source -> source.shape().dim(-1) == columns);
        if (!alike || !apart || covered != columns || Set.copyOf(sources).size() < sources.size()) {
            return;
        }
        View all = View.of(new Value(
                first.joined().id() + ":joined",
                first.joined().shape().with(-1, columns),
                first.joined().type()));
        List<Integer> movers = new ArrayList<>();
        List<Step> moves = new ArrayList<>();
        for (Concat concat : group) {
            for (int writer : List.copyOf(wiring.writers(concat.joined()))) {
                movers.add(writer);
                moves.add(wiring.step(writer));
                wiring.set(writer, null);
            }
        }
        Map<Value, View> places = new LinkedHashMap<>();
        for (Concat concat : group) {
            int from = concat.column();
            places.put(
                    concat.joined(),
                    all.slice(-1, from, from + concat.joined().shape().dim(-1)));
        }
        for (Move move : first.moves()) {
            long start = move.to().offset() / move.to().columns() * columns;
            Value source = move.from().value();
            places.put(source, new View(all.value(), source.shape(), start, View.dense(source.shape())));
        }
        if (places.entrySet().stream().allMatch(e -> wiring.canRelocate(e.getKey(), e.getValue()))) {
            places.forEach(wiring::relocate);
        } else {
            for (int i = 0; i < movers.size(); i++) {
                wiring.set(movers.get(i), moves.get(i));
            }
        }
    }
}
