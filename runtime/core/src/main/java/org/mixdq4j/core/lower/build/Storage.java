package org.mixdq4j.core.lower.build;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Load;
import org.mixdq4j.core.lower.step.Move;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Steps so far, names that are taken, and copies of views that no step can read as they lie. */
final class Storage {
    /** Behind a node's id, for values that are no node's. Module paths hold none. */
    private static final String MARK = ":";

    private static final int IMAGE_RANK = 4;

    private final List<Step> steps = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Set<Value> stored = new HashSet<>();
    private final Map<View, View> copies = new HashMap<>();

    List<Step> steps() {
        return steps;
    }

    void add(Step step) {
        steps.add(step);
    }

    /** A new value. @param id one that is not taken */
    Value value(String id, Shape shape, DType type) {
        if (!names.add(id)) {
            throw new IllegalArgumentException("two values are called '" + id + "'");
        }
        return new Value(id, shape, type);
    }

    /** A new value of which there may be several for one node. */
    Value extra(String id, String purpose, Shape shape, DType type) {
        String name = id + MARK + purpose;
        for (int i = 2; names.contains(name); i++) {
            name = id + MARK + purpose + i;
        }
        return value(name, shape, type);
    }

    /** The view, or a dense copy if it is no matrix. */
    View matrix(View view) {
        return view.isMatrix() ? view : copy(view);
    }

    /** The view, or a dense copy if it is none. */
    View dense(View view) {
        return view.isDense() ? view : copy(view);
    }

    /** The view, or a dense copy if its last axis is not. */
    View rows(View view) {
        return view.columns() == 1 || view.strides().get(view.shape().rank() - 1) == 1 ? view : copy(view);
    }

    /** The elements under another shape. */
    View reshape(View view, Shape shape) {
        return view.reshape(shape).orElseGet(() -> copy(view).reshape(shape).orElseThrow());
    }

    /** A scalar as a row of one element: steps read rows. */
    static Shape atLeastOneAxis(Shape shape) {
        return shape.rank() == 0 ? Shape.of(1) : shape;
    }

    /** A parameter as the checkpoint stores it, not in memory yet. */
    View stored(String parameter, Shape shape) {
        Value value = new Value(parameter, shape, DType.F32);
        stored.add(value);
        return View.of(value);
    }

    /** The view, or what it shows of a stored parameter as a value. */
    View loaded(View view) {
        return stored.contains(view.value()) ? copy(view) : view;
    }

    private View copy(View view) {
        return copies.computeIfAbsent(view, from -> {
            String id = from.value().id();
            boolean load = stored.contains(from.value());
            View to = View.of(extra(
                    id, load ? "loaded" : "moved", from.shape(), from.value().type()));
            steps.add(
                    load
                            ? new Load(to.value().id(), id, from, to)
                            : new Move(to.value().id(), from, to));
            return to;
        });
    }

    /** The order of axes in which a view lies as a matrix: channels behind positions if they are stored so, else as they are. */
    static List<Integer> order(View view) {
        if (view.shape().rank() == IMAGE_RANK
                && view.shape().dim(1) > 1
                && view.strides().get(1) == 1) {
            return channelsLast(IMAGE_RANK);
        }
        return asIs(view.shape().rank());
    }

    /** Axes in their own order. */
    static List<Integer> asIs(int rank) {
        return IntStream.range(0, rank).boxed().toList();
    }

    /** Axis 1 behind all others. */
    static List<Integer> channelsLast(int rank) {
        List<Integer> order = new ArrayList<>(asIs(rank));
        Collections.rotate(order.subList(1, rank), -1);
        return List.copyOf(order);
    }

    static Shape permuted(Shape shape, List<Integer> order) {
        return Shape.of(order.stream().mapToInt(shape::dim).toArray());
    }
}
