package org.mixdq4j.core.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
