package org.mixdq4j.cuda.device;

import java.util.List;

/**
 * What the tensor copy engine (sm_90 and later) must know of a tensor of bytes: boxes of it are copied to shared memory, zeros
 * where a box reaches outside.
 *
 * @param address of the first byte, a multiple of 16
 * @param dims innermost first
 * @param strides bytes between entries of all axes but the innermost; multiples of 16
 * @param box extent of what is copied at once; {@code box[0]} bytes are the swizzle: 32, 64 or 128
 * @param steps distance of entries that are copied, 1 for all
 */
public record TensorMap(long address, List<Long> dims, List<Long> strides, List<Integer> box, List<Integer> steps)
        implements Parameter {
    /** Bytes of the encoded form. */
    public static final int BYTES = 128;

    public TensorMap {
        dims = List.copyOf(dims);
        strides = List.copyOf(strides);
        box = List.copyOf(box);
        steps = List.copyOf(steps);
        boolean aligned = address % 16 == 0 && strides.stream().allMatch(stride -> stride % 16 == 0);
        boolean whole = strides.size() == dims.size() - 1 && box.size() == dims.size() && steps.size() == dims.size();
        if (!aligned || !whole || box.stream().anyMatch(extent -> extent < 1 || extent > 256)) {
            throw new IllegalArgumentException("a tensor map of " + dims + ", strides " + strides + ", box " + box);
        }
    }

    /** Rows of bytes, one after the other. */
    public static TensorMap rows(long address, long rows, long width, long pitch, int boxRows, int boxBytes) {
        return new TensorMap(address, List.of(width, rows), List.of(pitch), List.of(boxBytes, boxRows), List.of(1, 1));
    }
}
