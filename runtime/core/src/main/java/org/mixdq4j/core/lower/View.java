package org.mixdq4j.core.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.tensor.Shape;

/**
 * Elements of a stored value seen under a shape: element (i, j, ...) lies at {@code offset + i * strides[0] + j * strides[1]
 * + ...}, counted in elements. A stride of 0 repeats. Slices, reshapes, transposes and concats of a graph become views, so
 * that nothing is copied for them.
 */
public record View(Value value, Shape shape, long offset, List<Long> strides) {
    public View {
        strides = List.copyOf(strides);
        if (strides.size() != shape.rank()) {
            throw new IllegalArgumentException("strides " + strides + " for a view of shape " + shape);
        }
        long last = offset;
        for (int axis = 0; axis < shape.rank(); axis++) {
            last += strides.get(axis) * (shape.dim(axis) - 1);
        }
        if (offset < 0 || last >= value.shape().elements()) {
            throw new IllegalArgumentException("a view of elements " + offset + " to " + last + " of " + value);
        }
    }

    /** All of a value as it is stored. */
    public static View of(Value value) {
        return new View(value, value.shape(), 0, dense(value.shape()));
    }

    /** Row-major strides. */
    public static List<Long> dense(Shape shape) {
        List<Long> strides = new ArrayList<>();
        long stride = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            strides.add(stride);
            stride *= shape.dim(axis);
        }
        Collections.reverse(strides);
        return strides;
    }

    /** Entries {@code [from, to)} of one axis; negative axes count from the end. */
    public View slice(int axis, int from, int to) {
        int index = shape.axis(axis);
        return new View(value, shape.with(index, to - from), offset + from * strides.get(index), strides);
    }

    /** Axis i of the result is axis {@code permutation[i]} of this. */
    public View transpose(List<Integer> permutation) {
        return new View(
                value,
                Shape.of(permutation.stream().mapToInt(shape::dim).toArray()),
                offset,
                permutation.stream().map(strides::get).toList());
    }

    /** The inverse of {@link #transpose}: axis {@code permutation[i]} of the result is axis i of this. */
    public View transposeBack(List<Integer> permutation) {
        Integer[] inverse = new Integer[permutation.size()];
        for (int axis = 0; axis < inverse.length; axis++) {
            inverse[permutation.get(axis)] = axis;
        }
        return transpose(List.of(inverse));
    }

    /** Axes of extent 1 repeated, and new ones put in front, to reach a shape that this can be broadcast to as NumPy does. */
    public View expand(Shape to) {
        int added = to.rank() - shape.rank();
        List<Long> expanded = new ArrayList<>(Collections.nCopies(added, 0L));
        for (int axis = 0; axis < shape.rank(); axis++) {
            expanded.add(shape.dim(axis) == to.dim(added + axis) ? strides.get(axis) : Long.valueOf(0));
        }
        return new View(value, to, offset, expanded);
    }

    /** The same elements in the same order under another shape; empty where that takes a copy. */
    public Optional<View> reshape(Shape to) {
        if (to.elements() != shape.elements()) {
            throw new IllegalArgumentException("a view of " + shape + " under the shape " + to);
        }
        Long[] found = new Long[to.rank()];
        int next = to.rank() - 1;
        int last = shape.rank() - 1;
        while (last >= 0) {
            // The longest run of axes that lie like one.
            long stride = strides.get(last);
            long run = shape.dim(last);
            int first = last;
            while (first > 0 && (shape.dim(first - 1) == 1 || strides.get(first - 1) == run * stride)) {
                first--;
                run *= shape.dim(first);
            }
            long filled = 1;
            while (next >= 0 && (filled < run || to.dim(next) == 1)) {
                found[next] = filled * stride;
                filled *= to.dim(next);
                next--;
            }
            if (filled != run) {
                return Optional.empty();
            }
            last = first - 1;
        }
        for (; next >= 0; next--) {
            found[next] = 1L;
        }
        return Optional.of(new View(value, to, offset, List.of(found)));
    }

    /** Whether elements lie one after the other in row-major order. */
    public boolean isDense() {
        long stride = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            if (shape.dim(axis) != 1 && strides.get(axis) != stride) {
                return false;
            }
            stride *= shape.dim(axis);
        }
        return true;
    }

    /**
     * Whether this is a matrix: the last axis is dense, and all axes before it together are rows at one distance. Products,
     * norms and pointwise steps read and write matrices.
     */
    public boolean isMatrix() {
        if (shape.rank() == 0 || (columns() > 1 && strides.get(shape.rank() - 1) != 1)) {
            return false;
        }
        long below = -1;
        for (int axis = shape.rank() - 2; axis >= 0; axis--) {
            if (shape.dim(axis) == 1) {
                continue;
            }
            if (below >= 0 && strides.get(axis) != below) {
                return false;
            }
            below = strides.get(axis) * shape.dim(axis);
        }
        return true;
    }

    /** Extent of the last axis. */
    public int columns() {
        return shape.dim(-1);
    }

    /** Number of rows of {@link #columns} elements. */
    public long rows() {
        return shape.elements() / columns();
    }

    /** Elements from one row to the next. @throws IllegalStateException if this is no matrix */
    public long rowStride() {
        if (!isMatrix()) {
            throw new IllegalStateException(this + " is no matrix");
        }
        for (int axis = shape.rank() - 2; axis >= 0; axis--) {
            if (shape.dim(axis) != 1) {
                return strides.get(axis);
            }
        }
        return columns();
    }

    @Override
    public String toString() {
        return value.id() + (isDense() && shape.elements() == value.shape().elements() ? "" : "@" + offset + strides)
                + " " + value.type() + shape;
    }
}
