package org.mixdq4j.core.tensor;

import java.nio.ByteBuffer;
import java.util.List;

/** Cutting and joining tensors along any axis, by copying. */
public final class Axes {
    private Axes() {}

    /** Entries {@code [from, to)} of an axis. */
    public static Tensor narrow(Tensor tensor, int axis, int from, int to) {
        Shape shape = tensor.shape();
        int extent = shape.dim(axis);
        if (from < 0 || from >= to || to > extent) {
            throw new IllegalArgumentException("entries " + from + ".." + to + " of axis " + axis + " of " + tensor);
        }
        Tensor out = Tensor.zeros(tensor.dtype(), shape.with(axis, to - from));
        int inner = innerBytes(tensor, axis);
        int outer = outer(shape, axis);
        ByteBuffer source = tensor.buffer();
        ByteBuffer target = out.buffer();
        for (int i = 0; i < outer; i++) {
            target.put(source.slice((i * extent + from) * inner, (to - from) * inner));
        }
        return out;
    }

    /** Tensors of one type that agree in all other axes, one after the other along {@code axis}. */
    public static Tensor join(int axis, List<Tensor> parts) {
        Tensor first = parts.get(0);
        int extent = parts.stream().mapToInt(part -> part.shape().dim(axis)).sum();
        Tensor out = Tensor.zeros(first.dtype(), first.shape().with(axis, extent));
        ByteBuffer target = out.buffer();
        int outer = outer(first.shape(), axis);
        for (int i = 0; i < outer; i++) {
            for (Tensor part : parts) {
                if (part.dtype() != first.dtype()
                        || !part.shape().with(axis, extent).equals(out.shape())) {
                    throw new IllegalArgumentException("cannot join " + parts + " along axis " + axis);
                }
                int bytes = part.shape().dim(axis) * innerBytes(part, axis);
                target.put(part.buffer().slice(i * bytes, bytes));
            }
        }
        return out;
    }

    private static int outer(Shape shape, int axis) {
        int product = 1;
        for (int i = 0; i < shape.axis(axis); i++) {
            product *= shape.dim(i);
        }
        return product;
    }

    private static int innerBytes(Tensor tensor, int axis) {
        int product = tensor.dtype().bytes();
        for (int i = tensor.shape().axis(axis) + 1; i < tensor.shape().rank(); i++) {
            product *= tensor.shape().dim(i);
        }
        return product;
    }
}
