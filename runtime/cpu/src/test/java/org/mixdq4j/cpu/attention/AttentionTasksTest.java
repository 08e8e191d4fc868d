package org.mixdq4j.cpu.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.Check;
import org.mixdq4j.cpu.vector.Loops;
import org.mixdq4j.cpu.vector.Memory;

/** Attention against plain loops in double; integers exactly those of the floats. */
class AttentionTasksTest {
    private static final Quantizer FIXED = new Quantizer(new AffineParams(0.011f, 130, 8), Optional.empty());
    private static final Quantizer TOKEN = new Quantizer(new TokenParams(8), Optional.empty());

    /** Queries, keys and values are parts of one product's result, the heads' columns beside others. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, 4, false",
        "2, 2, 9, 9, 8, true",
        "1, 3, 200, 77, 40, false",
        "2, 1, 130, 131, 64, false",
        "1, 2, 129, 129, 20, true",
        "1, 1, 70, 2100, 24, false"
    })
    void headsOfWideRows(int batch, int heads, int queries, int keys, int depth, boolean causal) {
        int width = heads * depth;
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, batch, Math.max(queries, keys), 3 * width + 8);
            Value floats = memory.value("floats", DType.F32, batch, queries, width + 8);
            Value fixed = memory.value("fixed", DType.U8, batch, queries, width);
            Value byRow = memory.value("by row", DType.U8, batch, queries, width);
            Value scales = memory.value("scales", DType.F32, batch, queries);
            memory.fill(wide, 1, 0);
            View all = View.of(wide);
            View query = all.slice(1, 0, queries).slice(2, 0, width);
            View key = all.slice(1, 0, keys).slice(2, width, 2 * width);
            View value = all.slice(1, 0, keys).slice(2, 2 * width, 3 * width);
            Output.Levels whole = Check.levels(fixed, null, FIXED, 0);
            Output.Levels rows = Check.levels(byRow, scales, TOKEN, 0);
            Attend step = new Attend(
                    "attention",
                    new Attention(heads, 0.03, causal),
                    query,
                    key,
                    value,
                    Optional.empty(),
                    List.of(whole, new Output.Floats(View.of(floats).slice(2, 8, width + 8)), rows));
            Check.everyWay(memory, List.of(floats, fixed, byRow, scales), maker(memory, step, false));
            float[] x = memory.floats(wide);
            double[] expected = plain(x, batch, heads, queries, keys, depth, 0.03, causal, null);
            float[] found = dropColumns(memory.floats(floats), width + 8, 8);
            Check.close(found, expected, 2e-4);
            Check.levels(memory, whole, found, width);
            Check.levels(memory, rows, found, width);
        }
    }

    /** A bias, as T5 has, and integers alone. */
    @Test
    void addsABiasAndWritesIntegersAlone() {
        int heads = 3;
        int depth = 16;
        int tokens = 50;
        int width = heads * depth;
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, 1, tokens, 3 * width + 8);
            Value bias = memory.value("bias", DType.F32, 1, heads, tokens, tokens);
            Value levels = memory.value("levels", DType.U8, 1, tokens, width);
            memory.fill(wide, 1, 0);
            memory.fill(bias, 2, 0);
            View all = View.of(wide);
            Output.Levels output = Check.levels(levels, null, FIXED, 0);
            Attend step = new Attend(
                    "attention",
                    new Attention(heads, 0.05, false),
                    all.slice(2, 0, width),
                    all.slice(2, width, 2 * width),
                    all.slice(2, 2 * width, 3 * width),
                    Optional.of(View.of(bias)),
                    List.of(output));
            Check.everyWay(memory, List.of(levels), maker(memory, step, false));
            double[] expected =
                    plain(memory.floats(wide), 1, heads, tokens, tokens, depth, 0.05, false, memory.floats(bias));
            AffineParams params = (AffineParams) FIXED.params();
            byte[] found = memory.bytes(levels);
            for (int i = 0; i < found.length; i++) {
                int level = params.quantize((float) expected[i]);
                assertThat(Math.abs((found[i] & 0xFF) - level)).isLessThanOrEqualTo(1);
            }
        }
    }

    /** With products of integers: as far off as 8 bits a query, key and value are, of which each 37th is 13 times the others. */
    @ParameterizedTest
    @CsvSource({
        "1, 2, 512, 512, 64",
        "2, 3, 70, 515, 40",
        "1, 1, 300, 784, 16",
        "1, 2, 33, 1357, 80",
        "1, 1, 40, 4099, 24",
        "2, 5, 40, 512, 24",
        "1, 10, 256, 256, 64",
        "2, 7, 20, 300, 40"
    })
    void integers(int batch, int heads, int queries, int keys, int depth) {
        int width = heads * depth;
        double scale = 0.2 / Math.sqrt(depth);
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, batch, Math.max(queries, keys), 3 * width + 8);
            Value floats = memory.value("floats", DType.F32, batch, queries, width + 8);
            Value fixed = memory.value("fixed", DType.U8, batch, queries, width);
            Value byRow = memory.value("by row", DType.U8, batch, queries, width);
            Value scales = memory.value("scales", DType.F32, batch, queries);
            memory.fill(wide, 1, 0.5f);
            Output.Levels whole = Check.levels(fixed, null, FIXED, 0);
            Output.Levels rows = Check.levels(byRow, scales, TOKEN, 0);
            Attend step = attend(
                    View.of(wide),
                    heads,
                    queries,
                    keys,
                    depth,
                    scale,
                    View.of(floats).slice(2, 8, width + 8),
                    whole,
                    rows);
            assertThat(IntegerAttend.takes(step)).isEqualTo(OneDnn.get().vnni());
            Check.everyWay(memory, List.of(floats, fixed, byRow, scales), maker(memory, step, true));
            double[] expected = plain(memory.floats(wide), batch, heads, queries, keys, depth, scale, false, null);
            float[] found = dropColumns(memory.floats(floats), width + 8, 8);
            assertThat(decibels(found, expected)).isGreaterThan(24);
            Check.levels(memory, whole, found, width);
            Check.levels(memory, rows, found, width);
        }
    }

    /** Weights are so fine that a tail of many small ones counts: one key stands out, all others weigh a 3000th of it. */
    @Test
    void manySmallWeightsCount() {
        int keys = 4000;
        int depth = 16;
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, 1, keys, 3 * depth + 8);
            Value floats = memory.value("floats", DType.F32, 1, 20, depth);
            float[] x = new float[keys * 56];
            for (int row = 0; row < keys; row++) {
                for (int i = 0; i < depth; i++) {
                    x[row * 56 + i] = 1;
                    x[row * 56 + depth + i] = row == 7 ? 0.5f : 0;
                    x[row * 56 + 2 * depth + i] = row == 7 ? -1 : 1;
                }
            }
            memory.put(wide, x);
            Attend step = attend(View.of(wide), 1, 20, keys, depth, 1, View.of(floats));
            Check.everyWay(memory, List.of(floats), maker(memory, step, true));
            double[] expected = plain(x, 1, 1, 20, keys, depth, 1, false, null);
            assertThat(expected[0]).isBetween(0.1, 0.9);
            Check.close(dropColumns(memory.floats(floats), depth, 0), Arrays.copyOf(expected, 20 * depth), 0.02);
        }
    }

    /** What is not finite shows in integers, too: in a query, a key and a value. */
    @ParameterizedTest
    @CsvSource({"3, 100, NaN", "20, 5, NaN", "40, 5, Infinity", "35, 519, -Infinity"})
    void infinitiesShowInIntegers(int column, int row, float bad) {
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, 1, 520, 3 * 16 + 8);
            Value floats = memory.value("floats", DType.F32, 1, 520, 16);
            memory.fill(wide, 1, 0);
            float[] numbers = memory.floats(wide);
            numbers[row * 56 + column] = bad;
            memory.put(wide, numbers);
            Attend step = attend(View.of(wide), 1, 520, 520, 16, 1, View.of(floats));
            Check.everyWay(memory, List.of(floats), maker(memory, step, true));
            float[] found = memory.floats(floats);
            for (int i = 0; i < found.length; i++) {
                boolean reads = column < 16 ? i / 16 == row : column < 32 || i % 16 == column - 32;
                assertThat(Float.isNaN(found[i])).as("element " + i).isEqualTo(reads);
            }
        }
    }

    private static double decibels(float[] found, double[] expected) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(found[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return 10 * Math.log10(size / error);
    }

    /** Of rows of queries, keys and values side by side. */
    private static Attend attend(
            View all, int heads, int queries, int keys, int depth, double scale, View to, Output... more) {
        int width = heads * depth;
        List<Output> outputs = new ArrayList<>(List.of(new Output.Floats(to)));
        outputs.addAll(List.of(more));
        return new Attend(
                "attention",
                new Attention(heads, scale, false),
                all.slice(1, 0, queries).slice(2, 0, width),
                all.slice(1, 0, keys).slice(2, width, 2 * width),
                all.slice(1, 0, keys).slice(2, 2 * width, 3 * width),
                Optional.empty(),
                outputs);
    }

    /** What is not finite in a key shows in every result that reads it. */
    @Test
    void infinitiesShow() {
        try (Memory memory = new Memory()) {
            Value wide = memory.value("wide", DType.F32, 2, 70, 3 * 16 + 8);
            Value floats = memory.value("floats", DType.F32, 2, 70, 16);
            memory.fill(wide, 1, 0);
            float[] numbers = memory.floats(wide);
            numbers[5 * 56 + 16] = Float.POSITIVE_INFINITY;
            memory.put(wide, numbers);
            View all = View.of(wide);
            Attend step = new Attend(
                    "attention",
                    new Attention(1, 1, false),
                    all.slice(2, 0, 16),
                    all.slice(2, 16, 32),
                    all.slice(2, 32, 48),
                    Optional.empty(),
                    List.of(new Output.Floats(View.of(floats))));
            try (Workers workers = new Workers(2);
                    AttentionTasks tasks = new AttentionTasks(memory.arena(), workers);
                    Task task = tasks.attend(step, false)) {
                task.run();
            }
            float[] found = memory.floats(floats);
            for (int row = 0; row < 140; row++) {
                boolean hidden = row < 70 && numbers[row * 56] < 0;
                assertThat(Float.isNaN(found[row * 16])).as("row " + row).isEqualTo(row < 70 && !hidden);
            }
        }
    }

    private static Check.Maker maker(Memory memory, Attend step, boolean integers) {
        return new Check.Maker() {
            @Override
            public Task task(Workers workers, Loops loops) {
                AttentionTasks tasks = new AttentionTasks(memory.arena(), workers, loops);
                Task task = tasks.attend(step, integers);
                return new Task() {
                    @Override
                    public void run() {
                        task.run();
                    }

                    @Override
                    public void close() {
                        task.close();
                        tasks.close();
                    }
                };
            }
        };
    }

    private static float[] dropColumns(float[] x, int stride, int from) {
        float[] kept = new float[x.length / stride * (stride - from)];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = x[i / (stride - from) * stride + from + i % (stride - from)];
        }
        return kept;
    }

    /** Of rows of queries, keys and values side by side, and 8 columns more. */
    private static double[] plain(
            float[] x,
            int batch,
            int heads,
            int queries,
            int keys,
            int depth,
            double scale,
            boolean causal,
            float[] bias) {
        int width = heads * depth;
        int stride = 3 * width + 8;
        int rows = Math.max(queries, keys);
        double[] y = new double[batch * queries * width];
        for (int at = 0; at < batch * heads * queries; at++) {
            int query = at % queries;
            int head = at / queries % heads;
            int sample = at / queries / heads;
            int seen = causal ? query + 1 : keys;
            double[] weights = new double[seen];
            double maximum = Double.NEGATIVE_INFINITY;
            double sum = 0;
            for (int key = 0; key < seen; key++) {
                double score = 0;
                for (int i = 0; i < depth; i++) {
                    score += (double) x[(sample * rows + query) * stride + head * depth + i]
                            * x[(sample * rows + key) * stride + width + head * depth + i];
                }
                score = score * scale + (bias == null ? 0 : bias[(head * queries + query) * keys + key]);
                weights[key] = score;
                maximum = Math.max(maximum, score);
            }
            for (int key = 0; key < seen; key++) {
                weights[key] = Math.exp(weights[key] - maximum);
                sum += weights[key];
            }
            for (int key = 0; key < seen; key++) {
                for (int i = 0; i < depth; i++) {
                    y[(sample * queries + query) * width + head * depth + i] +=
                            weights[key] / sum * x[(sample * rows + key) * stride + 2 * width + head * depth + i];
                }
            }
        }
        return y;
    }
}
