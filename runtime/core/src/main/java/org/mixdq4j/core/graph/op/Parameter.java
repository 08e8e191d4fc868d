package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** A learned tensor as a value of its own (position embeddings, class tokens); no inputs. */
public record Parameter(Shape shape, String suffix) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.count(this, in, 0);
        return shape;
    }

    @Override
    public List<ParameterSpec> parameters() {
        return List.of(new ParameterSpec(suffix, shape));
    }
}
