package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;

/** Computes the value of one node. */
@FunctionalInterface
public interface Kernel {
    /**
     * @return an array owned by {@link Operands#scratch()}: a new one, an expendable operand that was overwritten, or,
     *     for ops in {@link Kernels#mayAlias}, a view of an operand or parameter. Whatever else the scratch manager owns
     *     is freed afterwards.
     */
    NDArray run(Operands operands);
}
