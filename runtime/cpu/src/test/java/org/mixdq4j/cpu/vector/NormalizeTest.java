package org.mixdq4j.cpu.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Task;

/** Norms with what follows them, against plain double loops; integers exactly those of the floats. */
class NormalizeTest {
    private static final AffineParams FIXED = new AffineParams(0.031f, 97, 8);
    private static final AffineParams COARSE = new AffineParams(0.25f, 7, 4);

    /** Images of two sources, SiLU, floats and two parts in integers; a large mean. */
    @ParameterizedTest
    @CsvSource({
        "2, 5, 7, 32, 16, 8, 0",
        "1, 16, 16, 48, 96, 16, 0",
        "1, 1, 1, 8, 24, 4, 0",
        "2, 33, 5, 20, 0, 5, 1000",
        "1, 70, 9, 320, 640, 32, -40",
        "1, 3, 3, 4000, 96, 32, 1"
    })
    void groupsOfJoinedImages(int batch, int height, int width, int first, int second, int groups, float mean) {
        int columns = first + second;
        for (DType type : List.of(DType.F32, DType.BF16)) {
            try (Memory memory = new Memory()) {
                Value a = memory.value("a", type, batch, height, width, first);
                Value b = memory.value("b", type, batch, height, width, Math.max(second, 1));
                Value floats = memory.value("floats", DType.F32, batch, height, width, columns);
                Value low = memory.value("low", DType.U8, batch, height, width, first);
                Value high = memory.value("high", DType.U8, batch, height, width, Math.max(second, 1));
                memory.fill(a, 1, mean);
                memory.fill(b, 2, mean / 2);
                float[] weight = random(3, columns);
                float[] bias = random(4, columns);
                Output.Levels lowLevels = Check.levels(low, null, new Quantizer(FIXED, Optional.empty()), 0);
                Output.Levels highLevels =
                        Check.levels(high, null, new Quantizer(COARSE, Optional.empty()), Math.min(first, columns - 1));
                Normalize step = new Normalize(
                        "norm",
                        new Normalize.Groups(groups, 1e-5),
                        Optional.of("norm"),
                        second == 0 ? List.of(View.of(a)) : List.of(View.of(a), View.of(b)),
                        List.of(new Epilogue.Apply(Activate.Function.SILU)),
                        List.of(new Output.Floats(View.of(floats)), lowLevels, highLevels));
                Check.everyWay(memory, List.of(floats, low, high), (workers, loops) -> new VectorTasks(
                                memory.arena(), workers, loops)
                        .normalize(step, Optional.of(weight), Optional.of(bias)));
                float[] x = join(memory.floats(a), first, memory.floats(b), second);
                double[] expected = groupNorm(x, batch, columns, groups, 1e-5, weight, bias);
                for (int i = 0; i < expected.length; i++) {
                    expected[i] /= 1 + Math.exp(-expected[i]);
                }
                Check.close(memory.floats(floats), expected, 1e-5 + Math.abs(mean) * 2e-7);
                Check.levels(memory, lowLevels, memory.floats(floats), columns);
                Check.levels(memory, highLevels, memory.floats(floats), columns);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 8", "2, 77, 64", "1, 130, 65", "2, 9, 1280", "3, 1, 4100", "1, 5, 1"})
    void rowsWithModulationByToken(int batch, int tokens, int columns) {
        try (Memory memory = new Memory()) {
            Value x = memory.value("x", DType.F32, batch, tokens, columns);
            Value modulation = memory.value("modulation", DType.F32, batch, 3 * columns);
            Value floats = memory.value("floats", DType.F32, batch, tokens, columns);
            Value rounded = memory.value("rounded", DType.BF16, batch, tokens, columns);
            Value levels = memory.value("levels", DType.U8, batch, tokens, columns);
            Value scales = memory.value("scales", DType.F32, batch * tokens);
            memory.fill(x, 1, 3);
            memory.fill(modulation, 2, 0);
            float[] factors = random(5, columns);
            Output.Levels output =
                    Check.levels(levels, scales, new Quantizer(new TokenParams(8), Optional.of(factors)), 0);
            View scale = View.of(modulation).slice(1, 0, columns);
            View shift = View.of(modulation).slice(1, 2 * columns, 3 * columns);
            Normalize step = new Normalize(
                    "norm",
                    new Normalize.Rows(1e-6),
                    Optional.empty(),
                    List.of(View.of(x)),
                    List.of(new Epilogue.Modulate(scale, shift)),
                    List.of(new Output.Floats(View.of(floats)), output, new Output.Floats(View.of(rounded))));
            Check.everyWay(memory, List.of(floats, levels, scales, rounded), (workers, loops) -> new VectorTasks(
                            memory.arena(), workers, loops)
                    .normalize(step, Optional.empty(), Optional.empty()));
            double[] expected = layerNorm(memory.floats(x), columns, 1e-6);
            float[] operands = memory.floats(modulation);
            for (int i = 0; i < expected.length; i++) {
                int at = i / columns / tokens * 3 * columns + i % columns;
                expected[i] += expected[i] * operands[at] + operands[at + 2 * columns];
            }
            Check.close(memory.floats(floats), expected, 1e-4);
            Check.levels(memory, output, memory.floats(floats), columns);
            float[] found = memory.floats(rounded);
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).isEqualTo(bf16(memory.floats(floats)[i]));
            }
        }
    }

    @Test
    void affineRowsAndRootMeanSquares() {
        int columns = 100;
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, 2, 40, 3 * columns);
            Value rows = memory.value("rows", DType.F32, 2, 40, columns);
            Value squares = memory.value("squares", DType.F32, 2, 40, 2 * columns);
            memory.fill(wide, 1, 1);
            View middle = View.of(wide).slice(2, columns, 2 * columns);
            float[] weight = random(3, columns);
            float[] bias = random(4, columns);
            Normalize layer = new Normalize(
                    "norm",
                    new Normalize.Rows(1e-5),
                    Optional.of("norm"),
                    List.of(middle),
                    List.of(),
                    List.of(new Output.Floats(View.of(rows))));
            Normalize root = new Normalize(
                    "norm",
                    new Normalize.RootMeanSquare(1e-6),
                    Optional.of("norm"),
                    List.of(middle),
                    List.of(),
                    List.of(new Output.Floats(View.of(squares).slice(2, columns, 2 * columns))));
            Check.everyWay(memory, List.of(rows, squares), (workers, loops) -> {
                VectorTasks tasks = new VectorTasks(memory.arena(), workers, loops);
                return both(
                        tasks.normalize(layer, Optional.of(weight), Optional.of(bias)),
                        tasks.normalize(root, Optional.of(weight), Optional.empty()));
            });
            float[] x = new float[80 * columns];
            float[] all = memory.floats(wide);
            for (int i = 0; i < x.length; i++) {
                x[i] = all[i / columns * 3 * columns + columns + i % columns];
            }
            double[] expected = layerNorm(x, columns, 1e-5);
            for (int i = 0; i < x.length; i++) {
                expected[i] = expected[i] * weight[i % columns] + bias[i % columns];
            }
            Check.close(memory.floats(rows), expected, 2e-5);
            float[] found = memory.floats(squares);
            byte[] untouched = memory.bytes(squares);
            for (int row = 0; row < 80; row++) {
                double mean = 0;
                for (int c = 0; c < columns; c++) {
                    mean += Math.pow(x[row * columns + c], 2) / columns;
                    if (untouched[(row * 2 * columns + c) * 4] != (byte) 0xA5) {
                        fail("columns beside the output were written");
                    }
                }
                for (int c = 0; c < columns; c++) {
                    double value = x[row * columns + c] / Math.sqrt(mean + 1e-6) * weight[c];
                    assertThat((double) found[(2 * row + 1) * columns + c]).isCloseTo(value, within(2e-5));
                }
            }
        }
    }

    /** What is not finite shows, and shows nowhere else. */
    @Test
    void infinitiesAndNaNStayInTheirRow() {
        int columns = 70;
        try (Memory memory = new Memory()) {
            Value x = memory.value("x", DType.F32, 1, 3, columns);
            Value floats = memory.value("floats", DType.F32, 1, 3, columns);
            Value levels = memory.value("levels", DType.U8, 1, 3, columns);
            Value scales = memory.value("scales", DType.F32, 3);
            memory.fill(x, 1, 0);
            float[] numbers = memory.floats(x);
            numbers[columns + 3] = Float.NEGATIVE_INFINITY;
            memory.put(x, numbers);
            Output.Levels output = Check.levels(levels, scales, new Quantizer(new TokenParams(8), Optional.empty()), 0);
            Normalize step = new Normalize(
                    "norm",
                    new Normalize.Rows(1e-5),
                    Optional.empty(),
                    List.of(View.of(x)),
                    List.of(),
                    List.of(new Output.Floats(View.of(floats)), output));
            Check.everyWay(
                    memory, List.of(levels, scales), (workers, loops) -> new VectorTasks(memory.arena(), workers, loops)
                            .normalize(step, Optional.empty(), Optional.empty()));
            Check.levels(memory, output, memory.floats(floats), columns);
            assertThat(memory.floats(scales)[0]).isFinite();
            assertThat(memory.floats(scales)[1]).isNaN();
            assertThat(memory.floats(scales)[2]).isFinite();
        }
    }

    private static Task both(Task first, Task second) {
        return () -> {
            first.run();
            second.run();
        };
    }

    private static float bf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        int low = bits & 0xFFFF;
        int high = bits >>> 16;
        boolean up = low > 0x8000 || (low == 0x8000 && (high & 1) == 1);
        return Float.intBitsToFloat(high + (up ? 1 : 0) << 16);
    }

    private static float[] random(long seed, int count) {
        Random random = new Random(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static float[] join(float[] a, int first, float[] b, int second) {
        int rows = a.length / first;
        float[] joined = new float[rows * (first + second)];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(a, row * first, joined, row * (first + second), first);
            System.arraycopy(b, row * second, joined, row * (first + second) + first, second);
        }
        return joined;
    }

    private static double[] groupNorm(
            float[] x, int batch, int columns, int groups, double epsilon, float[] weight, float[] bias) {
        double[] y = new double[x.length];
        int size = x.length / batch;
        int width = columns / groups;
        for (int group = 0; group < batch * groups; group++) {
            int start = group / groups * size;
            int own = group % groups;
            double sum = 0;
            double squares = 0;
            for (int i = start; i < start + size; i++) {
                sum += i % columns / width == own ? x[i] : 0;
            }
            double count = (double) size / groups;
            for (int i = start; i < start + size; i++) {
                squares += i % columns / width == own ? Math.pow(x[i] - sum / count, 2) : 0;
            }
            for (int i = start; i < start + size; i++) {
                if (i % columns / width == own) {
                    double standard = (x[i] - sum / count) / Math.sqrt(squares / count + epsilon);
                    y[i] = standard * weight[i % columns] + bias[i % columns];
                }
            }
        }
        return y;
    }

    private static double[] layerNorm(float[] x, int columns, double epsilon) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += columns) {
            double mean = 0;
            double variance = 0;
            for (int i = row; i < row + columns; i++) {
                mean += (double) x[i] / columns;
            }
            for (int i = row; i < row + columns; i++) {
                variance += Math.pow(x[i] - mean, 2) / columns;
            }
            for (int i = row; i < row + columns; i++) {
                y[i] = (x[i] - mean) / Math.sqrt(variance + epsilon);
            }
        }
        return y;
    }
}
