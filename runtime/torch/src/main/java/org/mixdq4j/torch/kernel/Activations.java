package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Views;

/** Element-wise functions. */
final class Activations {
    private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);
    private static final float GELU_CUBIC = 0.044715f;
    private static final float QUICK_GELU_SLOPE = 1.702f;
    private static final float SOFT_LIMIT = 3;

    private Activations() {}

    static Kernel activate(Activate op, KernelContext context) {
        return switch (op.function()) {
            case SILU -> in -> times(sigmoid(in.get(0)), in);
            case GELU -> in -> gelu(in.get(0));
            case GELU_TANH -> geluTanh(context.manager());
            case QUICK_GELU -> quickGelu(context.manager());
            case RELU -> in -> in.get(0).getNDArrayInternal().relu();
            case EXP -> in -> in.get(0).exp();
            case SOFT_CLAMP -> softClamp(context.manager());
            case SIGNED -> signed(context.manager());
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

    /** The gate times the operand, written over the gate where it may be. */
    private static NDArray times(NDArray gate, Operands in) {
        return in.tracked() ? gate.mul(in.get(0)) : gate.muli(in.get(0));
    }

    private static NDArray sigmoid(NDArray x) {
        return x.getNDArrayInternal().sigmoid();
    }

    private static NDArray gelu(NDArray x) {
        return x.getNDArrayInternal().gelu();
    }

    /** {@code x sigmoid(1.702 x)}. */
    private static Kernel quickGelu(NDManager manager) {
        NDArray slope = TensorBridge.number(QUICK_GELU_SLOPE, manager);
        return in -> times(sigmoid(in.get(0).mul(slope)), in);
    }

    /** {@code 3 tanh(x / 3)}. */
    private static Kernel softClamp(NDManager manager) {
        NDArray limit = TensorBridge.number(SOFT_LIMIT, manager);
        return in -> {
            try (NDArray inner = in.get(0).div(limit);
                    NDArray tanh = inner.getNDArrayInternal().tanh()) {
                return tanh.mul(limit);
            }
        };
    }

    private static Kernel signed(NDManager manager) {
        NDArray two = TensorBridge.number(2, manager);
        NDArray one = TensorBridge.number(1, manager);
        return in -> {
            try (NDArray twice = in.get(0).mul(two)) {
                return twice.sub(one);
            }
        };
    }

    /** {@code x / 2 * (1 + tanh(sqrt(2 / pi) * x * (1 + 0.044715 x^2)))}. */
    private static Kernel geluTanh(NDManager manager) {
        NDArray cubic = TensorBridge.number(GELU_CUBIC, manager);
        NDArray stretch = TensorBridge.number(SQRT_2_OVER_PI, manager);
        NDArray half = TensorBridge.number(0.5f, manager);
        return in -> {
            NDArray x = in.get(0);
            try (NDArray inner = x.mul(x).muli(cubic).addi(1f).muli(x).muli(stretch)) {
                NDArray tanh = inner.getNDArrayInternal().tanh();
                return (in.tracked() ? tanh.add(1f) : tanh.addi(1f)).muli(x).muli(half);
            }
        };
    }
}
