package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.function.BinaryOperator;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.torch.array.TensorBridge;

/** Sums and products of two values. */
final class Arithmetic {
    private Arithmetic() {}

    static Kernel add(Add op, KernelContext context) {
        return commutative(context, NDArray::add, NDArray::addi);
    }

    static Kernel mul(Mul op, KernelContext context) {
        return commutative(context, NDArray::mul, NDArray::muli);
    }

    static Kernel matMul(MatMul op, KernelContext context) {
        return in -> in.get(0).matMul(in.get(1).transpose());
    }

    /** Writes the result into an operand that nobody needs any more and that has its shape, if there is one. */
    private static Kernel commutative(
            KernelContext context, BinaryOperator<NDArray> fresh, BinaryOperator<NDArray> inPlace) {
        Shape out = TensorBridge.shape(context.node().shape());
        return in -> {
            NDArray a = in.get(0);
            NDArray b = in.get(1);
            if (in.expendable(0) && a.getShape().equals(out)) {
                return inPlace.apply(a, b);
            }
            if (in.expendable(1) && b.getShape().equals(out)) {
                return inPlace.apply(b, a);
            }
            return fresh.apply(a, b);
        };
    }
}
