package org.mixdq4j.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.WeightLayout;

/** Weights and what lies behind them are byte for byte what oneDNN's change of layout makes of them. */
class WeightOrderTest {
    private static final int SIDE = 16;
    private static final int ROWS = 256;

    @ParameterizedTest
    @CsvSource({
        "4, 320, 3, 3, 1",
        "320, 4, 3, 3, 1",
        "64, 64, 3, 3, 1",
        "65, 64, 3, 3, 1",
        "63, 65, 3, 3, 2",
        "66, 130, 3, 3, 1",
        "192, 128, 3, 3, 2",
        "160, 192, 2, 2, 2",
        "130, 64, 1, 1, 2",
        "67, 100, 3, 1, 1",
        "96, 64, 5, 5, 1"
    })
    void convolutions(int channels, int outputs, int height, int width, int stride) {
        Conv2d op = new Conv2d(channels, outputs, height, width, stride, Conv2d.Padding.same(0), true);
        Form form = new ImageForm(op, outputs);
        long rows = (SIDE - height) / stride + 1;
        long columns = (SIDE - width) / stride + 1;
        boolean ours = false;
        for (boolean zeroPoint : new boolean[] {false, true}) {
            ours |= equal(
                    form,
                    channels,
                    NativeMemory.strided(
                            dnnl_u8,
                            new long[] {1, channels, SIDE, SIDE},
                            (long) SIDE * SIDE * channels,
                            1,
                            (long) SIDE * channels,
                            channels),
                    NativeMemory.strided(
                            dnnl_f32,
                            new long[] {1, outputs, rows, columns},
                            rows * columns * outputs,
                            1,
                            columns * outputs,
                            outputs),
                    zeroPoint);
        }
        seen(ours, outputs);
    }

    @ParameterizedTest
    @CsvSource({"64, 64", "16, 16", "1, 65", "65, 63", "130, 1283", "192, 512", "67, 128", "130, 1280", "320, 640"})
    void linears(int channels, int outputs) {
        linears(ROWS, channels, outputs);
        linears(12, channels, outputs);
    }

    private static void linears(long rows, int channels, int outputs) {
        for (int rank : new int[] {RowsForm.PLAIN, RowsForm.WITH_ROW_SCALES}) {
            RowsForm form = new RowsForm(rows, outputs, rank);
            boolean ours = false;
            for (boolean zeroPoint : new boolean[] {false, true}) {
                ours |= equal(form, channels, form.dense(dnnl_u8, channels), form.dense(dnnl_f32, outputs), zeroPoint);
            }
            seen(ours || outputs % 8 != 0, outputs);
        }
    }

    /** A test that compared nothing must not pass for one that found no difference. */
    private static void seen(boolean ours, int outputs) {
        assumeThat(OneDnn.get().isa()).startsWith("avx512").isNotEqualTo("avx512_core");
        assertThat(ours || outputs < 64).isTrue();
    }

    /** Compares. @return whether there is a loop of ours for the layout that oneDNN asks for */
    private static boolean equal(
            Form form, int channels, dnnl_memory_desc source, dnnl_memory_desc result, boolean zeroPoint) {
        dnnl_memory_desc any = form.anyWeights(dnnl_s8, channels);
        try (Attributes attributes = new Attributes()) {
            attributes.ownScratch().scales(DNNL_ARG_WEIGHTS, form.scaleMask());
            if (zeroPoint) {
                attributes.zeroPoint(DNNL_ARG_SRC);
            }
            dnnl_primitive_desc description = form.describe(source, any, null, result, attributes);
            dnnl_memory_desc layout = Primitive.layout(description, DNNL_ARG_WEIGHTS);
            WeightLayout order = WeightLayout.of(layout, form.weightAxes()).orElse(null);
            if (order == null || !WeightOrder.fits(form, order)) {
                return false;
            }
            int size = form.outputs() * channels * form.taps();
            byte[] weights = new byte[size];
            new Random(size).nextBytes(weights);
            ByteBuffer integers = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
            integers.put(0, weights);
            try (NativeMemory theirs = NativeMemory.filled(NativeMemory.copy(layout), 0);
                    NativeMemory ours = NativeMemory.filled(NativeMemory.copy(layout), 0x5A)) {
                WeightOrder.byOneDnn(form, channels, integers, theirs);
                WeightOrder.tile(form, channels, integers, order, ours.buffer());
                int mismatch = ours.buffer().mismatch(theirs.buffer());
                assertThat(mismatch)
                        .as("first difference, zero point %s, %s", zeroPoint, order)
                        .isEqualTo(-1);
            }
            dnnl_primitive_desc_destroy(description);
            return true;
        } finally {
            dnnl_memory_desc_destroy(any);
            dnnl_memory_desc_destroy(source);
            dnnl_memory_desc_destroy(result);
        }
    }
}
