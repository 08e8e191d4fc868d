package org.mixdq4j.cuda.gemm;

import java.util.Map;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.finish.Finish;

/** Products of rows of halves by rows of halves that are no weights: {@code out[m][n] = sum over k of a[m][k] * b[n][k]}. */
public final class HalfProducts {
    private final TileChoice choice;

    public HalfProducts(TileChoice choice) {
        this.choice = choice;
    }

    /**
     * All but {@code a}, {@code b} and {@code finish}, which the caller sets.
     *
     * @param n a multiple of 4
     * @param k numbers that are summed up, a multiple of 8; rows of {@code b} lie together
     * @param pitch from row to row of {@code a}, a multiple of 8
     */
    public static Arguments arguments(int m, int n, int k, long pitch, Binder binder) {
        return new Arguments(GemmFamily.LAYOUT)
                .pointer("bias", binder.floats(new float[n]))
                .s32("m", m)
                .s32("n", n)
                .s32("k", (long) k * Short.BYTES)
                .s32("pitch", pitch * Short.BYTES);
    }

    /** Writes F32 in memory of this step, rows one after the other. */
    public void leave(Arguments arguments, DType type, long scratch, Binder binder) {
        GemmFamily.leave(arguments, scratch, arguments.s32("n"));
        launch(arguments, type, GemmFamily.NO_FINISH, binder);
    }

    /** @param finish macros of what the caller set */
    public void launch(Arguments arguments, DType type, Map<String, Object> finish, Binder binder) {
        Form form = Form.floats(Finish.type(type));
        Size size = new Size(arguments.s32("m"), arguments.s32("n"), arguments.s32("k"));
        Tile tile = choice.choose(Tiles.ranked(size, form, binder.info()), size, form, binder.info());
        Map<String, Object> options = Map.of("ROW_SCALES", 0, "EARLIER", 0, "GEGLU", 0);
        // Not early: kernels read what they take for weights before they wait.
        binder.launch(GemmFamily.kernel(tile, form, options, finish), tile.geometry(size, form, false), arguments);
    }
}
