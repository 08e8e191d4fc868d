package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Nearest-neighbour resize of [B, C, H, W]: output row i reads input row floor(i * H / height). */
public record UpsampleNearest(int height, int width) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.rank() == 4, "UpsampleNearest expects [B, C, H, W], got %s", x);
        return Shape.of(x.dim(0), x.dim(1), height, width);
    }
}
