package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Normalization over the last axis, with learned weight and bias if {@code affine}. */
public record LayerNorm(int features, double epsilon, boolean affine) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.dim(-1) == features, "LayerNorm expects %d features, got %s", features, x);
        return x;
    }

    @Override
    public List<ParameterSpec> parameters() {
        return affine ? Linear.withBias(Shape.of(features), features, true) : List.of();
    }
}
