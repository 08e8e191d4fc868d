package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/** An element-wise function. */
public record Activate(Function function) implements Op {
    /** The functions networks use. */
    public enum Function {
        /** x * sigmoid(x). */
        SILU,
        /** x * Phi(x), by the error function. */
        GELU,
        /** The tanh approximation of GELU. */
        GELU_TANH,
        /** x * sigmoid(1.702 x), OpenAI CLIP's. */
        QUICK_GELU,
        /** max(0, x). */
        RELU,
        /** e^x. */
        EXP,
        /** 3 tanh(x / 3), which keeps latents between -3 and 3. */
        SOFT_CLAMP,
        /** 2 x - 1: from 0..1 to -1..1. */
        SIGNED
    }

    @Override
    public Shape outputShape(List<Shape> in) {
        return Shapes.only(this, in);
    }
}
