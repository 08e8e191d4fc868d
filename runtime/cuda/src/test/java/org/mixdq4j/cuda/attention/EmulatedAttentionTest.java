package org.mixdq4j.cuda.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.emulated.EmulatedKernels;

/** The source of {@code attention.cu} and {@code attention_plain.cu} on the CPU, against the interpreter. */
class EmulatedAttentionTest extends EmulatedKernels {
    /** The device has one multiprocessor, so that sizes of a few hundred queries choose among all blocks. */
    @ParameterizedTest
    @CsvSource({
        "F16, F16, 1, 1, 64, 37, 65, false, false, 8, attention, 4 1",
        "BF16, U8, 1, 1, 64, 100, 130, false, false, 0, attention, 8 1",
        "F16, F32, 1, 2, 64, 127, 70, false, false, 8, attention, 4 2",
        "F16, F16, 1, 2, 64, 126, 126, true, true, 8, attention, 4 1",
        "F16, F32, 2, 1, 40, 37, 70, false, true, 0, attention, 4 1",
        "BF16, BF16, 1, 1, 80, 70, 70, true, false, 8, attention, 8 1",
        "F16, F16, 1, 2, 160, 100, 77, false, false, 0, attention, 4 1",
        "F16, F16, 2, 1, 64, 33, 33, true, true, 8, plainAttention, 4",
        "F32, F32, 1, 2, 20, 6, 13, false, false, 3, plainAttention, 1",
        "F32, F32, 1, 2, 8, 19, 19, true, false, 0, plainAttention, 4",
        "BF16, BF16, 1, 1, 512, 9, 11, true, true, 0, plainAttention, 1"
    })
    void asTheInterpreter(
            DType type,
            DType out,
            int batch,
            int heads,
            int width,
            int queries,
            int keys,
            boolean causal,
            boolean biased,
            int padding,
            String entry,
            String form) {
        OneStep step = AttentionTest.run(
                type,
                out,
                batch,
                heads,
                width,
                queries,
                keys,
                causal,
                biased,
                padding,
                1,
                device,
                AttentionTest.FAMILIES);
        var kernel = step.planned().get(0).kernel();
        assertThat(kernel.entry()).isEqualTo(entry);
        assertThat(
                        entry.equals("attention")
                                ? kernel.number("WARPS") + " " + kernel.number("TILES")
                                : kernel.number("ROWS") + "")
                .isEqualTo(form);
        // Weights are rounded to halves before they multiply values.
        AttentionTest.assertWithin(step, out == DType.BF16 ? 1.2e-2 : type == DType.F32 ? 2e-6 : 2e-3);
    }

    /** In blocks of 32 queries; a sample alone gives the bits it gives in a batch. */
    @ParameterizedTest
    @CsvSource({
        "F16, F16, 2, 512, 40, 37, 0",
        "BF16, F32, 1, 176, 33, 130, 8",
        "BF16, U8, 1, 200, 17, 40, 0",
    })
    void wideHeads(DType type, DType out, int heads, int width, int queries, int keys, int padding) {
        OneStep two = wide(type, out, 2, heads, width, queries, keys, padding);
        AttentionTest.assertWithin(two, type == DType.F16 ? 2e-3 : 1.2e-2);
        ByteBuffer one = wide(type, out, 1, heads, width, queries, keys, padding)
                .found()
                .get("out")
                .buffer();
        assertThat(two.found().get("out").buffer().slice(0, one.limit())).isEqualTo(one);
    }

    private static OneStep wide(
            DType type, DType out, int batch, int heads, int width, int queries, int keys, int padding) {
        return AttentionTest.run(
                type,
                out,
                batch,
                heads,
                width,
                queries,
                keys,
                false,
                false,
                padding,
                1,
                device,
                AttentionTest.IN_BLOCKS);
    }
}
