package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.mixdq4j.core.quant.BosCorrection;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.array.Views;
import org.mixdq4j.cpu.kernel.ParameterLoader;
import org.mixdq4j.cpu.kernel.Product;

/**
 * A Linear on [B, T, C] whose first token is computed in float (MixDQ section 4.1), the others by another body:
 * {@code y0 = x0 W^T + x0[columns] residual^T + b} with W the dequantized weight.
 *
 * <p>The other body computes the first token as well, and its row is then replaced: one row more is cheaper than to cut
 * the input and join the output. The float row of the last run is kept, since what a causal text encoder says of its
 * first token is the same for every prompt.
 */
final class FirstRowBody implements LayerBody {
    private static final int TOKENS = 1;

    private final SegmentedProduct row;
    private final LayerBody all;
    private final NDArray columns;
    private final NDArray residual;
    private float[] lastInput;
    private float[] lastRow;

    /** @param all null if there is one token only. @param correction may be null */
    FirstRowBody(
            String name, SegmentedProduct row, LayerBody all, long batch, BosCorrection correction, NDManager manager) {
        this.row = row;
        this.all = all;
        boolean corrected = correction != null && correction.columns().length > 0;
        this.columns = corrected ? columnIndex(correction.columns(), batch, manager) : null;
        Tensor tensor = corrected ? correction.residual() : null;
        this.residual = corrected ? ParameterLoader.finite(name + " (first-row residual)", tensor, manager) : null;
    }

    @Override
    public NDArray run(NDArray x, NDManager scratch) {
        if (all == null) {
            return inFloat(x);
        }
        int batch = (int) x.getShape().get(0);
        float[] first = new float[Math.toIntExact(batch * x.getShape().get(2))];
        FloatBuffer input = x.toByteBuffer(true).asFloatBuffer();
        for (int b = 0, width = first.length / batch; b < batch; b++) {
            input.get(b * (input.capacity() / batch), first, b * width, width);
        }
        if (!Arrays.equals(first, lastInput)) {
            lastRow = inFloat(Views.dense(Views.slice(x, TOKENS, 0, 1))).toFloatArray();
            lastInput = first;
        }
        NDArray y = all.run(x, scratch);
        FloatBuffer output = y.toByteBuffer(true).asFloatBuffer();
        for (int b = 0, width = lastRow.length / batch; b < batch; b++) {
            output.put(b * (output.capacity() / batch), lastRow, b * width, width);
        }
        return y;
    }

    /** x0 [B, 1, C] to y0. */
    private NDArray inFloat(NDArray first) {
        NDArray y0 = row.run(first, false, first.getManager());
        if (columns != null) {
            y0.addi(Product.linear(first.gather(columns, 2), residual, null));
        }
        return y0;
    }

    @Override
    public void close() {
        if (all != null) {
            all.close();
        }
    }

    private static NDArray columnIndex(int[] columns, long batch, NDManager manager) {
        long[] index = new long[Math.toIntExact(batch * columns.length)];
        for (int i = 0; i < index.length; i++) {
            index[i] = columns[i % columns.length];
        }
        return manager.create(index, new Shape(batch, 1, columns.length));
    }
}
