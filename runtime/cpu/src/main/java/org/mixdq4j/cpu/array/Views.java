package org.mixdq4j.cpu.array;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;

/** Parts and layouts of arrays. Results may share memory with their argument and belong to its manager. */
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
     * The array in row-major order: itself under another handle if it is, else a copy. Values of a graph are kept so,
     * because PyTorch picks algorithms, and with them last bits, by memory layout.
     */
    public static NDArray dense(NDArray array) {
        try (NDArray flat = array.flatten()) {
            return flat.reshape(array.getShape());
        }
    }
}
