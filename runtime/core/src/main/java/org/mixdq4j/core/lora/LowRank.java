package org.mixdq4j.core.lora;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * A change of a layer's weight by few numbers: {@code scale * up * down}. A convolution's kernel is seen as a matrix with a
 * row for each output channel; with a middle factor (Tucker, LyCORIS' LoCon) {@code down} is 1x1 and the middle has the
 * kernel's extent.
 *
 * @param down [rank, in] or [rank, in, height, width]
 * @param mid [rank, rank, height, width]
 * @param up [out, rank] or [out, rank, 1, 1]
 * @param scale of the whole product, the file's and the user's
 */
record LowRank(Tensor down, Optional<Tensor> mid, Tensor up, double scale) {
    int rank() {
        return down.shape().dim(0);
    }

    /** Rows of the change. */
    int rows() {
        return up.shape().dim(0);
    }

    /** Elements of a row of the change. */
    long columns() {
        long perRank = down.shape().elements() / rank();
        return mid.map(middle ->
                        perRank * middle.shape().dim(2) * middle.shape().dim(3))
                .orElse(perRank);
    }

    /** Whether the factors can be multiplied at all. */
    boolean fits() {
        Shape inner = up.shape();
        boolean product = inner.rank() >= 2
                && inner.elements() == (long) rows() * rank()
                && down.shape().rank() >= 2;
        return product && mid.map(middle -> fits(middle.shape())).orElse(true);
    }

    private boolean fits(Shape middle) {
        return middle.rank() == 4
                && middle.dim(0) == rank()
                && middle.dim(1) == rank()
                && down.shape().elements() == (long) rank() * down.shape().dim(1);
    }

    /**
     * Adds rows of the change to rows of a weight, in FP32. Rows are independent, so the result does not depend on how
     * they are shared among threads.
     *
     * @param values the rows, one after the other
     * @param rows which row of the change goes to each
     */
    void addTo(float[] values, int[] rows) {
        int columns = Math.toIntExact(columns());
        float[] right = right(columns);
        float[] left = up.toFloatArray();
        int rank = rank();
        float factor = (float) scale;
        IntStream.range(0, rows.length).parallel().forEach(row -> {
            float[] change = new float[columns];
            for (int r = 0; r < rank; r++) {
                addScaled(change, left[rows[row] * rank + r], right, r * columns);
            }
            int at = row * columns;
            for (int i = 0; i < columns; i++) {
                values[at + i] += factor * change[i];
            }
        });
    }

    private static void addScaled(float[] sum, float factor, float[] from, int start) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * from[start + i];
        }
    }

    /** {@code down}, or {@code mid * down}: [rank, columns]. */
    private float[] right(int columns) {
        float[] first = down.toFloatArray();
        if (mid.isEmpty()) {
            return first;
        }
        float[] middle = mid.get().toFloatArray();
        int rank = rank();
        int inputs = first.length / rank;
        int kernel = columns / inputs;
        float[] right = new float[rank * columns];
        for (int m = 0; m < rank; m++) {
            for (int n = 0; n < rank; n++) {
                float[] window = Arrays.copyOfRange(middle, (m * rank + n) * kernel, (m * rank + n + 1) * kernel);
                for (int j = 0; j < inputs; j++) {
                    for (int k = 0; k < kernel; k++) {
                        right[m * columns + j * kernel + k] += window[k] * first[n * inputs + j];
                    }
                }
            }
        }
        return right;
    }
}
