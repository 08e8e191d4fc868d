package org.mixdq4j.core.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Immutable extents of a tensor, outermost first. A scalar has rank 0. */
public final class Shape {
    private final int[] dims;

    private Shape(int[] dims) {
        this.dims = dims;
    }

    /** @throws IllegalArgumentException if an extent is negative */
    public static Shape of(int... dims) {
        for (int dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative extent in " + Arrays.toString(dims));
            }
        }
        return new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /** Extent of one axis; negative axes count from the end, as in NumPy. */
    public int dim(int axis) {
        return dims[axis(axis)];
    }

    /** Turns a possibly negative axis into its index from the front. */
    public int axis(int axis) {
        int index = axis < 0 ? axis + dims.length : axis;
        if (index < 0 || index >= dims.length) {
            throw new IllegalArgumentException("axis " + axis + " of a tensor of shape " + this);
        }
        return index;
    }

    /** Number of elements. */
    public long elements() {
        long product = 1;
        for (int dim : dims) {
            product = Math.multiplyExact(product, (long) dim);
        }
        return product;
    }

    public int[] toArray() {
        return dims.clone();
    }

    public long[] toLongArray() {
        return Arrays.stream(dims).asLongStream().toArray();
    }

    /** The same shape with one extent replaced. */
    public Shape with(int axis, int extent) {
        int[] copy = dims.clone();
        copy[axis(axis)] = extent;
        return of(copy);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
