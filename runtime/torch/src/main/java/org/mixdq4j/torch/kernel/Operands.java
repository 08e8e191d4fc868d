package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * What a kernel reads. The values are lent to the scratch manager for the length of the call, so that what is computed
 * from them belongs to it; a result whose first operand is a parameter belongs to the model and must be moved.
 */
public final class Operands {
    private final NDArray[] values;
    private final boolean[] expendable;
    private final NDManager scratch;
    private final boolean tracked;

    public Operands(NDArray[] values, boolean[] expendable, NDManager scratch) {
        this(values, expendable, scratch, false);
    }

    private Operands(NDArray[] values, boolean[] expendable, NDManager scratch, boolean tracked) {
        this.values = values;
        this.expendable = expendable;
        this.scratch = scratch;
        this.tracked = tracked;
    }

    /** The same for a computation whose gradient will be asked for: {@link #tracked}, and nothing expendable. */
    public Operands forGradient() {
        return new Operands(values, new boolean[values.length], scratch, true);
    }

    /** The value of the node's input {@code index}; not to be changed or closed unless {@link #expendable}. */
    public NDArray get(int index) {
        return values[index];
    }

    public int count() {
        return values.length;
    }

    /** Whether nobody reads this value or its memory after this node. */
    public boolean expendable(int index) {
        return expendable[index];
    }

    /**
     * Whether PyTorch notes what is computed and will go through it backwards. An operation whose derivative is told by its
     * own result (sigmoid, tanh, exp, softmax) must then not have this result overwritten; PyTorch would refuse. Nor may
     * a factor lie in Java's memory, tracked or not: see {@link org.mixdq4j.torch.array.TensorBridge#owned}.
     */
    public boolean tracked() {
        return tracked;
    }

    public NDManager scratch() {
        return scratch;
    }
}
