package org.mixdq4j.core.graph.op;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.mixdq4j.core.tensor.Shape;

/** Axes in another order: axis i of the output is axis {@code permutation[i]} of the input. */
public record Transpose(List<Integer> permutation) implements Op {
    public Transpose {
        permutation = List.copyOf(permutation);
    }

    public static Transpose of(Integer... permutation) {
        return new Transpose(List.of(permutation));
    }

    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        List<Integer> axes = new ArrayList<>(new TreeSet<>(permutation));
        Shapes.check(
                permutation.size() == x.rank()
                        && axes.equals(IntStream.range(0, x.rank()).boxed().toList()),
                "%s is no order of the axes of %s",
                permutation,
                x);
        return Shape.of(permutation.stream().mapToInt(x::dim).toArray());
    }
}
