package org.mixdq4j.cuda.plain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;

/**
 * A copy of elements as {@code move.cu} does it: as few axes as will do, neighbours in the target innermost, and as many bytes
 * at once as both sides allow.
 *
 * @param unit bytes copied at once
 * @param axes outermost first
 */
record MovePlan(int unit, List<Axis> axes) {
    /** @param from distance of entries in the source, in units @param to in the target */
    record Axis(long extent, long from, long to) {}

    static final int THREADS = 256;
    static final int MAX_RANK = 6;
    static final int WIDEST = 16;

    static final Layout LAYOUT = layout();

    /**
     * @param strides of the source and of the target, in elements; a source may have any, a target no two elements in one place
     * @param from address of the first element
     */
    static Optional<MovePlan> of(Shape shape, List<List<Long>> strides, int elementBytes, long from, long to) {
        List<Axis> axes = new ArrayList<>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            if (shape.dim(axis) > 1) {
                axes.add(new Axis(
                        shape.dim(axis),
                        strides.get(0).get(axis) * elementBytes,
                        strides.get(1).get(axis) * elementBytes));
            }
        }
        axes.sort(Comparator.comparingLong(axis -> -Math.abs(axis.to())));
        axes = merged(axes);
        int unit = widest(axes, elementBytes, from, to);
        axes = inUnits(axes, unit);
        return axes.size() > MAX_RANK ? Optional.empty() : Optional.of(new MovePlan(unit, axes));
    }

    /** Axes that lie like one on both sides. */
    private static List<Axis> merged(List<Axis> axes) {
        List<Axis> merged = new ArrayList<>();
        for (Axis inner : axes) {
            Axis outer = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (outer != null
                    && outer.from() == inner.from() * inner.extent()
                    && outer.to() == inner.to() * inner.extent()) {
                merged.set(merged.size() - 1, new Axis(outer.extent() * inner.extent(), inner.from(), inner.to()));
            } else {
                merged.add(inner);
            }
        }
        return merged;
    }

    private static int widest(List<Axis> axes, int elementBytes, long from, long to) {
        if (axes.isEmpty()) {
            return elementBytes;
        }
        Axis inner = axes.get(axes.size() - 1);
        if (inner.from() != elementBytes || inner.to() != elementBytes) {
            return elementBytes;
        }
        int unit = WIDEST;
        while (unit > elementBytes && !fits(axes, unit, elementBytes, from, to)) {
            unit /= 2;
        }
        return unit;
    }

    private static boolean fits(List<Axis> axes, int unit, int elementBytes, long from, long to) {
        Axis inner = axes.get(axes.size() - 1);
        return from % unit == 0
                && to % unit == 0
                && inner.extent() * elementBytes % unit == 0
                && axes.stream()
                        .limit(axes.size() - 1)
                        .allMatch(axis -> axis.from() % unit == 0 && axis.to() % unit == 0);
    }

    /** From strides in bytes. */
    private static List<Axis> inUnits(List<Axis> axes, int unit) {
        List<Axis> counted = new ArrayList<>();
        for (int i = 0; i < axes.size(); i++) {
            Axis axis = axes.get(i);
            boolean joined = i == axes.size() - 1 && axis.from() == axis.to() && axis.from() < unit;
            if (!joined) {
                counted.add(new Axis(axis.extent(), axis.from() / unit, axis.to() / unit));
            } else if (axis.extent() * axis.from() > unit) {
                counted.add(new Axis(axis.extent() * axis.from() / unit, 1, 1));
            }
        }
        return counted.isEmpty() ? List.of(new Axis(1, 1, 1)) : List.copyOf(counted);
    }

    long count() {
        return axes.stream().mapToLong(Axis::extent).reduce(1, Math::multiplyExact);
    }

    void launch(Binder binder, long from, long to) {
        Arguments arguments =
                new Arguments(LAYOUT).pointer("from", from).pointer("to", to).s64("count", count());
        for (int i = 0; i < axes.size(); i++) {
            arguments
                    .s64("fromStride[" + i + "]", axes.get(i).from())
                    .s64("toStride[" + i + "]", axes.get(i).to())
                    .s32("dim[" + i + "]", axes.get(i).extent());
        }
        binder.launch(kernel(unit, axes.size(), count() > Integer.MAX_VALUE), Geometry.of(count(), THREADS), arguments);
    }

    static Kernel kernel(int unit, int rank, boolean wide) {
        return new Kernel(
                "move.cu", "moveElements", Map.of("UNIT_BYTES", unit, "RANK", rank, "WIDE", wide ? 1 : 0), LAYOUT);
    }

    private static Layout layout() {
        Layout layout = new Layout("MoveArgs").pointers("from", "to");
        for (String strides : List.of("fromStride", "toStride")) {
            for (int i = 0; i < MAX_RANK; i++) {
                layout.s64(strides + "[" + i + "]");
            }
        }
        layout.s64("count");
        for (int i = 0; i < MAX_RANK; i++) {
            layout.s32("dim[" + i + "]");
        }
        return layout;
    }
}
