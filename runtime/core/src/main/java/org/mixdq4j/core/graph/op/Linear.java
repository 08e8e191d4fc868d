package org.mixdq4j.core.graph.op;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** {@code y = x W^T + b} over the last axis; W is [outputs, inputs]. */
public record Linear(int inputs, int outputs, boolean bias) implements Op, Layer {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.rank() >= 1 && x.dim(-1) == inputs, "Linear expects %d features, got %s", inputs, x);
        return x.with(-1, outputs);
    }

    @Override
    public int inputAxis() {
        return -1;
    }

    @Override
    public List<ParameterSpec> parameters() {
        return withBias(Shape.of(outputs, inputs), outputs, bias);
    }

    static List<ParameterSpec> withBias(Shape weight, int outputs, boolean bias) {
        List<ParameterSpec> specs = new ArrayList<>();
        specs.add(new ParameterSpec("weight", weight));
        if (bias) {
            specs.add(new ParameterSpec("bias", Shape.of(outputs)));
        }
        return specs;
    }
}
