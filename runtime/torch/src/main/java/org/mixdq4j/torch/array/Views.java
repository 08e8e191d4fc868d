package org.mixdq4j.torch.array;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;

/** Parts and layouts of arrays. Results belong to the manager of their argument unless another is given. */
public final class Views {
    private Views() {}

    /** Entries {@code [from, to)} of {@code axis} (counted from the front), sharing memory. */
    public static NDArray slice(NDArray array, int axis, long from, long to) {
        return slice(array, axis, from, to, array.getManager());
    }

    /** The same, owned by {@code manager}: for arrays that outlive the computation. */
    public static NDArray slice(NDArray array, int axis, long from, long to, NDManager manager) {
        return array.get(manager, new NDIndex().addAllDim(axis).addSliceDim(from, to));
    }

    /**
     * A copy in row-major order. Values of a graph are kept so, because PyTorch picks algorithms, and with them last bits,
     * by memory layout. Tiling once is the one copy of DJL's that does not take over the layout of what it copies.
     */
    public static NDArray dense(NDArray array) {
        long[] once = new long[array.getShape().dimension()];
        Arrays.fill(once, 1);
        return array.tile(once);
    }
}
