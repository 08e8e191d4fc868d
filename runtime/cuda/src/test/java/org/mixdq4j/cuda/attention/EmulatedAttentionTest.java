package org.mixdq4j.cuda.attention;

import static org.assertj.core.api.Assertions.assertThat;

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
        "F16, F16, 2, 1, 64, 33, 33, true, true, 8, plainAttention, 4",
        "F32, F32, 1, 2, 20, 6, 13, false, false, 3, plainAttention, 1",
        "F32, F32, 1, 2, 8, 19, 19, true, false, 0, plainAttention, 4",
        "BF16, BF16, 1, 1, 512, 9, 11, false, false, 0, plainAttention, 1"
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
        OneStep step =
                AttentionTest.run(type, out, batch, heads, width, queries, keys, causal, biased, padding, 1, device);
        var kernel = step.planned().get(0).kernel();
        assertThat(kernel.entry()).isEqualTo(entry);
        assertThat(
                        entry.equals("attention")
                                ? kernel.number("WARPS") + " " + kernel.number("TILES")
                                : kernel.number("ROWS") + "")
                .isEqualTo(form);
        if (out == DType.U8) {
            assertThat(differences(step))
                    .as("levels that are off by more than one")
                    .isZero();
        } else {
            // Weights are rounded to halves before they multiply values.
            double bound = out == DType.BF16 ? 1.2e-2 : type == DType.F32 ? 2e-6 : 2e-3;
            assertThat(step.error("out")).isLessThan(bound);
        }
    }

    private static long differences(OneStep step) {
        byte[] found = new byte[step.found().get("out").buffer().remaining()];
        byte[] wanted = new byte[found.length];
        step.found().get("out").buffer().duplicate().get(found);
        step.wanted().get("out").buffer().duplicate().get(wanted);
        long far = 0;
        for (int i = 0; i < found.length; i++) {
            far += Math.abs(Byte.toUnsignedInt(found[i]) - Byte.toUnsignedInt(wanted[i])) > 1 ? 1 : 0;
        }
        return far;
    }
}
