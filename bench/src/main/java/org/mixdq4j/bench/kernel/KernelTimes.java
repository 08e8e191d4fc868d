package org.mixdq4j.bench.kernel;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.cpu.attention.AttentionTasks;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.VectorTasks;

/** The steps of SDXL's UNet at 512x512 that are no products, and SD3's attention. */
public final class KernelTimes implements AutoCloseable {
    private static final long WARM_NANOS = 400_000_000L;
    private static final long ROUND_NANOS = 30_000_000L;
    private static final int ROUNDS = 7;
    private static final int COPIED = 4 << 20;

    /**
     * One step.
     *
     * @param micros the fastest of some rounds
     * @param rate GB/s that are read and written, or GFLOP/s
     */
    public record Row(String name, double micros, double rate, boolean products) {}

    private final Bench bench = new Bench();
    private final Workers workers;
    private final VectorTasks vector;
    private final AttentionTasks attention;
    private final List<Row> rows = new ArrayList<>();

    private KernelTimes(int threads) {
        workers = new Workers(threads);
        vector = new VectorTasks(bench.arena(), workers);
        attention = new AttentionTasks(bench.arena(), workers);
    }

    /** Measures; the first row is a copy, of what fits a core's second cache. */
    public static List<Row> measure(int threads) {
        try (KernelTimes times = new KernelTimes(threads)) {
            times.copy(threads);
            times.groupNorm(64, 320);
            times.groupNorm(32, 640);
            times.groupNorm(16, 1280);
            times.layerNorm(1024, 640);
            times.layerNorm(256, 1280);
            times.gate(1024, 2560);
            times.gate(256, 5120);
            times.elements(1024, 640);
            times.elements(256, 1280);
            times.attend(10, 1024, 1024);
            times.attend(20, 256, 256);
            times.attend(10, 1024, 77);
            times.attend(20, 256, 77);
            times.attend(24, 1357, 1357);
            return times.rows;
        }
    }

    private void copy(int threads) {
        int share = COPIED / threads;
        ByteBuffer[] from = new ByteBuffer[threads];
        ByteBuffer[] to = new ByteBuffer[threads];
        for (int i = 0; i < threads; i++) {
            from[i] = bench.arena().buffer(bench.in(Bench.ROOM).value()).slice(i * share, share);
            to[i] = bench.arena().buffer(bench.out(Bench.ROOM).value()).slice(i * share, share);
        }
        IntConsumer part = i -> to[i].put(0, from[i], 0, share);
        time("copy of 4 MB", 2L * COPIED, false, () -> workers.run(threads, part));
    }

    private void groupNorm(int side, int channels) {
        long elements = (long) side * side * channels;
        Optional<float[]> ones = ones(channels);
        String size = " " + side + "x" + side + "x" + channels;
        for (boolean silu : new boolean[] {true, false}) {
            List<Epilogue> then = silu ? List.of(new Epilogue.Apply(Activate.Function.SILU)) : List.of();
            Normalize step = new Normalize(
                    "norm",
                    new Normalize.Groups(32, 1e-5),
                    Optional.of("norm"),
                    List.of(bench.in(1, side, side, channels)),
                    then,
                    bench.fixed(1, side, side, channels));
            String name = "GroupNorm, " + (silu ? "SiLU, " : "") + "quantize" + size;
            time(name, 9 * elements, false, vector.normalize(step, ones, ones));
        }
    }

    private void layerNorm(int tokens, int columns) {
        Optional<float[]> ones = ones(columns);
        long elements = (long) tokens * columns;
        View in = bench.in(1, tokens, columns);
        String size = " " + tokens + "x" + columns;
        layerNorm("LayerNorm, quantize" + size, elements, in, ones, bench.fixed(1, tokens, columns));
        layerNorm("LayerNorm, quantize by token" + size, elements, in, ones, bench.byRow(1, tokens, columns));
        List<Output> rotated = bench.rotated(64, 1, tokens, columns);
        layerNorm("LayerNorm, rotate by 64, quantize by token" + size, elements, in, ones, rotated);
    }

    private void layerNorm(String name, long elements, View in, Optional<float[]> ones, List<Output> outputs) {
        Normalize step =
                new Normalize("norm", new Normalize.Rows(1e-5), Optional.of("norm"), List.of(in), List.of(), outputs);
        time(name, 5 * elements, false, vector.normalize(step, ones, ones));
    }

    private void gate(int tokens, int columns) {
        View in = bench.in(1, tokens, 2 * columns);
        Pointwise step =
                new Pointwise("gate", List.of(in), List.of(new Epilogue.GeGlu()), bench.byRow(1, tokens, columns));
        String name = "GEGLU, quantize by token " + tokens + "x" + 2 * columns;
        time(name, 9L * tokens * columns, false, vector.pointwise(step));
    }

    private void elements(int tokens, int columns) {
        View in = bench.in(1, tokens, columns);
        View out = bench.out(1, tokens, columns);
        String size = " " + tokens + "x" + columns;
        long elements = (long) tokens * columns;
        Pointwise quantize = new Pointwise("q", List.of(in), List.of(), bench.byRow(1, tokens, columns));
        time("quantize by token" + size, 5 * elements, false, vector.pointwise(quantize));
        for (int rotation : new int[] {16, 64}) {
            List<Output> to = bench.rotated(rotation, 1, tokens, columns);
            Pointwise rotate = new Pointwise("q", List.of(in), List.of(), to);
            String name = "rotate by " + rotation + ", quantize by token" + size;
            time(name, 5 * elements, false, vector.pointwise(rotate));
        }
        Pointwise add =
                new Pointwise("add", List.of(in), List.of(new Epilogue.Add(out)), List.of(new Output.Floats(out)));
        time("add" + size, 12 * elements, false, vector.pointwise(add));
    }

    private void attend(int heads, int queries, int keys) {
        int width = 64 * heads;
        View all = bench.in(1, Math.max(queries, keys), 3 * width);
        Attend step = new Attend(
                "attention",
                new Attention(heads, 0.125, false),
                all.slice(1, 0, queries).slice(2, 0, width),
                all.slice(1, 0, keys).slice(2, width, 2 * width),
                all.slice(1, 0, keys).slice(2, 2 * width, 3 * width),
                Optional.empty(),
                List.of(new Output.Floats(bench.out(1, queries, width))));
        String size = heads + " heads, " + queries + " queries, " + keys + " keys";
        long operations = 4L * width * queries * keys;
        time("attention, " + size, operations, true, attention.attend(step, false));
        time("attention of integers, " + size, operations, true, attention.attend(step, true));
    }

    private static Optional<float[]> ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return Optional.of(ones);
    }

    private void time(String name, long work, boolean products, Task task) {
        repeat(task, WARM_NANOS);
        double fastest = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            fastest = Math.min(fastest, repeat(task, ROUND_NANOS));
        }
        rows.add(new Row(name, fastest / 1e3, work / fastest, products));
    }

    /** @return nanoseconds a run */
    private static double repeat(Task task, long nanos) {
        long start = System.nanoTime();
        int runs = 0;
        do {
            task.run();
            runs++;
        } while (System.nanoTime() - start < nanos);
        return (double) (System.nanoTime() - start) / runs;
    }

    @Override
    public void close() {
        attention.close();
        workers.close();
        bench.close();
    }
}
