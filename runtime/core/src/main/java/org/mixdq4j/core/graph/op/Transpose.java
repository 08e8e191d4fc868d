package org.mixdq4j.core.graph.op;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
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
                axes.size() == x.rank()
                        && axes.size() == permutation.size()
                        && axes.get(axes.size() - 1) == x.rank() - 1,
                "%s is no order of the axes of %s",
                permutation,
                x);
        return Shape.of(permutation.stream().mapToInt(x::dim).toArray());
    }
}
