package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** {@code x / sqrt(mean(x^2) + epsilon) * weight} over the last axis. */
public record RmsNorm(int features, double epsilon) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.dim(-1) == features, "RmsNorm expects %d features, got %s", features, x);
        return x;
    }

    @Override
    public List<ParameterSpec> parameters() {
        return List.of(new ParameterSpec("weight", Shape.of(features)));
    }
}
