package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.mixdq4j.torch.array.Views;

/**
 * A Linear on [B, T, C] whose first token is computed in float (MixDQ section 4.1) with the dequantized weight, the others
 * by another body.
 *
 * <p>The other body computes the first token as well, and its row is then replaced: one row more is cheaper than to cut
 * the input and join the output. The float row of the last run is kept, since what a causal text encoder says of its
 * first token is the same for every prompt.
 */
final class FirstRowBody implements LayerBody {
    private static final int TOKENS = 1;

    private final SegmentedProduct row;
    private final LayerBody all;
    private float[] lastInput;
    private float[] lastRow;

    /** @param all null if there is one token only */
    FirstRowBody(SegmentedProduct row, LayerBody all) {
        this.row = row;
        this.all = all;
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
        return row.run(first, false, first.getManager());
    }
}
