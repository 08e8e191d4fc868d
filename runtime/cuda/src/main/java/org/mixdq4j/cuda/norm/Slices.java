package org.mixdq4j.cuda.norm;

import java.util.Optional;

/**
 * How {@code group_norm.cu} divides a group norm.
 *
 * @param threads of a block
 * @param slices of a sample's rows, each summed up by itself
 * @param sliceRows rows of all but the last
 * @param blocks of a sample, while several launches do the work
 * @param once whether one launch does: no more blocks than multiprocessors, so that all are resident
 */
record Slices(int threads, int slices, int sliceRows, int blocks, boolean once) {
    private static final int WARP = 32;
    private static final int MOST_THREADS = 512;
    private static final int MOST_SLICES = 128;
    /** Bytes of a slice below which starting and ending it costs more than reading it. */
    private static final int LEAST_BYTES = 8192;

    private static final int LEAST_ROWS = 2;
    private static final int HALF_BYTES = 2;

    /** Bytes of a channel's sums, of values and of squares. */
    private static final int SUMS = 2 * Float.BYTES;

    /**
     * @param channels a multiple of 8
     * @param rows of a sample
     * @return empty if threads cannot share the groups evenly
     */
    static Optional<Slices> of(int channels, int groups, int rows, int samples, int multiprocessors) {
        int threads = MOST_THREADS;
        while (threads >= WARP && groups % (threads / WARP) != 0) {
            threads /= 2;
        }
        if (threads < WARP || channels / 8 > threads || samples > 65535) {
            return Optional.empty();
        }
        // By one sample's size alone: how many there are must not change a bit.
        int sliceRows =
                Math.max(LEAST_ROWS, Math.max(divided(rows, MOST_SLICES), divided(LEAST_BYTES, channels * HALF_BYTES)));
        int slices = divided(rows, sliceRows);
        // Measured on an H200: one launch is faster for one sample, two from four samples on.
        boolean once = samples == 1 || samples * slices <= multiprocessors && samples < 4;
        int most = once ? multiprocessors / samples : 2 * multiprocessors / samples;
        return Optional.of(new Slices(threads, slices, sliceRows, Math.min(slices, Math.max(1, most)), once));
    }

    /** Dynamic shared memory of kernels that sum up slices. */
    int sumBytes(int channels) {
        int vectors = channels / 8;
        return threads / vectors * channels * SUMS;
    }

    private static int divided(int a, int b) {
        return (a + b - 1) / b;
    }
}
