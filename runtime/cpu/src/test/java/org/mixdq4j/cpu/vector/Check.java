package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** Runs a step with each kind of loops and several numbers of threads, which must all give the same bytes. */
public final class Check {
    private Check() {}

    /** Makes a task. */
    public interface Maker {
        Task task(Workers workers, Loops loops);
    }

    /** Leaves the results of the last run in {@code written}. */
    public static void everyWay(Memory memory, List<Value> written, Maker maker) {
        byte[][] expected = null;
        List<Loops> kinds =
                VectorLoops.supported() ? List.of(new ScalarLoops(), new VectorLoops()) : List.of(new ScalarLoops());
        for (Loops loops : kinds) {
            for (int threads : new int[] {1, 3}) {
                try (Workers workers = new Workers(threads);
                        Task task = maker.task(workers, loops)) {
                    for (int run = 0; run < 2; run++) {
                        written.forEach(memory::poison);
                        task.run();
                        byte[][] found = written.stream().map(memory::bytes).toArray(byte[][]::new);
                        if (expected != null) {
                            assertThat(Arrays.deepEquals(found, expected))
                                    .as("%s with %s threads, run %s", loops.getClass(), threads, run)
                                    .isTrue();
                        }
                        expected = found;
                    }
                }
            }
        }
        memory.checkGuards();
    }

    public static void close(float[] found, double[] expected, double tolerance) {
        assertThat(found).hasSize(expected.length);
        for (int i = 0; i < found.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= tolerance)) {
                assertThat(found[i]).as("element " + i).isEqualTo((float) expected[i]);
            }
        }
    }

    public static Output.Levels levels(Value to, Value scales, Quantizer quantizer, int from) {
        return new Output.Levels(View.of(to), Optional.ofNullable(scales).map(View::of), quantizer, from);
    }

    /** That levels, and scales, are exactly those of these floats. @param columns of {@code floats} */
    public static void levels(Memory memory, Output.Levels output, float[] floats, int columns) {
        byte[] levels = memory.bytes(output.to().value());
        int width = output.to().columns();
        for (int row = 0; row < floats.length / columns; row++) {
            float[] x =
                    Arrays.copyOfRange(floats, row * columns + output.from(), row * columns + output.from() + width);
            output.quantizer().factors().ifPresent(factors -> {
                for (int c = 0; c < width; c++) {
                    x[c] *= factors[c];
                }
            });
            Rotation.apply(x, 0, width, output.quantizer().rotation());
            float scale = Float.NaN;
            if (output.quantizer().params() instanceof TokenParams token) {
                scale = token.scale(TokenParams.largest(x, 0, width));
                float[] scales = memory.floats(output.rowScales().orElseThrow().value());
                assertThat(Float.floatToIntBits(scales[row])).isEqualTo(Float.floatToIntBits(scale));
            }
            for (int c = 0; c < width; c++) {
                int expected = output.quantizer().params() instanceof TokenParams token
                        ? token.quantize(x[c], scale)
                        : ((AffineParams) output.quantizer().params()).quantize(x[c]);
                int found = levels[row * width + c] & 0xFF;
                if (found != expected) {
                    assertThat(found).as("row %s, column %s: %s", row, c, x[c]).isEqualTo(expected);
                }
            }
        }
    }
}
