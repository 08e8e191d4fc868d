package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.mixdq4j.core.quant.BosCorrection;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.array.Views;
import org.mixdq4j.cpu.kernel.ParameterLoader;
import org.mixdq4j.cpu.kernel.Product;

/**
 * A Linear on [B, T, C] whose first token is computed in float (MixDQ section 4.1), the others by another body:
 * {@code y0 = x0 W^T + x0[columns] residual^T + b} with W the dequantized weight.
 */
final class FirstRowBody implements LayerBody {
    private static final int TOKENS = 1;

    private final SegmentedProduct row;
    private final LayerBody others;
    private final NDArray columns;
    private final NDArray residual;

    /** @param others null if there is one token only. @param correction may be null */
    FirstRowBody(
            String name,
            SegmentedProduct row,
            LayerBody others,
            long batch,
            BosCorrection correction,
            NDManager manager) {
        this.row = row;
        this.others = others;
        boolean corrected = correction != null && correction.columns().length > 0;
        this.columns = corrected ? columnIndex(correction.columns(), batch, manager) : null;
        Tensor tensor = corrected ? correction.residual() : null;
        this.residual = corrected ? ParameterLoader.finite(name + " (first-row residual)", tensor, manager) : null;
    }

    @Override
    public NDArray run(NDArray x, NDManager scratch) {
        NDArray first = Views.dense(Views.slice(x, TOKENS, 0, 1));
        NDArray y0 = row.run(first, false, scratch);
        if (columns != null) {
            y0.addi(Product.linear(first.gather(columns, 2), residual, null));
        }
        if (others == null) {
            return y0;
        }
        NDArray rest = Views.dense(Views.slice(x, TOKENS, 1, x.getShape().get(TOKENS)));
        return NDArrays.concat(new NDList(y0, others.run(rest, scratch)), TOKENS);
    }

    @Override
    public void close() {
        if (others != null) {
            others.close();
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
