package org.mixdq4j.cpu.kernel;

import ai.djl.ndarray.NDArray;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.cpu.array.Views;

/** Element-wise functions. */
final class Activations {
    private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);
    private static final float GELU_CUBIC = 0.044715f;
    private static final float QUICK_GELU_SLOPE = 1.702f;

    private Activations() {}

    static Kernel activate(Activate op, KernelContext context) {
        return switch (op.function()) {
            case SILU -> in -> sigmoid(in.get(0)).muli(in.get(0));
            case GELU -> in -> gelu(in.get(0));
            case GELU_TANH -> in -> geluTanh(in.get(0));
            case QUICK_GELU -> in -> sigmoid(in.get(0).mul(QUICK_GELU_SLOPE)).muli(in.get(0));
            case EXP -> in -> in.get(0).exp();
        };
    }

    static Kernel geGlu(GeGlu op, KernelContext context) {
        int axis = context.node().shape().rank() - 1;
        int half = context.node().shape().dim(-1);
        return in -> {
            NDArray value = Views.slice(in.get(0), axis, 0, half);
            NDArray gate = Views.slice(in.get(0), axis, half, 2L * half);
            return gelu(gate).muli(value);
        };
    }

    private static NDArray sigmoid(NDArray x) {
        return x.getNDArrayInternal().sigmoid();
    }

    private static NDArray gelu(NDArray x) {
        return x.getNDArrayInternal().gelu();
    }

    /** {@code x / 2 * (1 + tanh(sqrt(2 / pi) * x * (1 + 0.044715 x^2)))}. */
    private static NDArray geluTanh(NDArray x) {
        try (NDArray inner = x.mul(x).muli(GELU_CUBIC).addi(1f).muli(x).muli(SQRT_2_OVER_PI)) {
            return inner.getNDArrayInternal().tanh().addi(1f).muli(x).muli(0.5f);
        }
    }
}
