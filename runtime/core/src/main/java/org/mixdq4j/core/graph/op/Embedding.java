package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** Rows of a table [count, features] chosen by integer ids: [B, N] to [B, N, features]. */
public record Embedding(int count, int features) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape ids = Shapes.only(this, in);
        Shapes.check(ids.rank() == 2, "Embedding expects ids [B, N], got %s", ids);
        return Shape.of(ids.dim(0), ids.dim(1), features);
    }

    @Override
    public List<ParameterSpec> parameters() {
        return List.of(new ParameterSpec("weight", Shape.of(count, features)));
    }
}
