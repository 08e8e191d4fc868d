package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Normalization of [B, C, ...] over groups of channels and all positions, then per-channel weight and bias. */
public record GroupNorm(int groups, int channels, double epsilon) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.rank() >= 2 && x.dim(1) == channels, "GroupNorm expects %d channels, got %s", channels, x);
        Shapes.check(channels % groups == 0, "GroupNorm cannot part %d channels into %d groups", channels, groups);
        return x;
    }

    @Override
    public List<ParameterSpec> parameters() {
        return Linear.withBias(Shape.of(channels), channels, true);
    }
}
