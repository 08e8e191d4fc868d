package org.mixdq4j.cpu.kernel;

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

    public Operands(NDArray[] values, boolean[] expendable, NDManager scratch) {
        this.values = values;
        this.expendable = expendable;
        this.scratch = scratch;
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

    public NDManager scratch() {
        return scratch;
    }
}
