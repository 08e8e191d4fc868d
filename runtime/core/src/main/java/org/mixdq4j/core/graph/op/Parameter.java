package org.mixdq4j.core.graph.op;

import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.tensor.Shape;

/**
 * A stored tensor as a value of its own (position embeddings, class tokens); no inputs.
 *
 * @param formula of a tensor that is not learned: what it holds where a checkpoint leaves it out
 */
public record Parameter(Shape shape, String suffix, Optional<SinCosGrid> formula) implements Op {
    public Parameter {
        formula.ifPresent(grid -> Shapes.check(
                grid.shape().equals(shape), "a Parameter of shape %s has a formula of shape %s", shape, grid.shape()));
    }

    /** A learned one. */
    public Parameter(Shape shape, String suffix) {
        this(shape, suffix, Optional.empty());
    }

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
