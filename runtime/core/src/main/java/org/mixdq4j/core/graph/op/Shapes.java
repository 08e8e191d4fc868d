package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** The checks shape rules share. */
final class Shapes {
    private Shapes() {}

    static Shape only(Op op, List<Shape> inputs) {
        count(op, inputs, 1);
        return inputs.get(0);
    }

    static void count(Op op, List<Shape> inputs, int expected) {
        check(inputs.size() == expected, "%s takes %d inputs, got %d", op.name(), expected, inputs.size());
    }

    static void check(boolean holds, String message, Object... arguments) {
        if (!holds) {
            throw new IllegalArgumentException(String.format(message, arguments));
        }
    }

    /** NumPy's rule: align at the last axis, an extent of 1 stretches. */
    static Shape broadcast(Op op, Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] out = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.dim(-i) : 1;
            int y = i <= b.rank() ? b.dim(-i) : 1;
            check(x == y || x == 1 || y == 1, "%s cannot broadcast %s with %s", op.name(), a, b);
            out[rank - i] = x == 1 ? y : x;
        }
        return Shape.of(out);
    }
}
