package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** {@code a * gelu(b)} where a is the first and b the second half of the last axis (GELU by the error function). */
public record GeGlu() implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.dim(-1) % 2 == 0, "GeGlu cannot halve %s", x);
        return x.with(-1, x.dim(-1) / 2);
    }
}
