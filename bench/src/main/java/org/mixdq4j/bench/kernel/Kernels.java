package org.mixdq4j.bench.kernel;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.cpu.session.Task;

/** The steps of SDXL's UNet at 512x512 that are no products, and SD3's attention. */
final class Kernels {
    /** Bytes that fit a core's second cache. */
    private static final int COPIED = 4 << 20;

    private final List<Kernel> all = new ArrayList<>();

    private Kernels() {}

    /** All of them; the first is a copy, of what fits a core's second cache. */
    static List<Kernel> all() {
        Kernels kernels = new Kernels();
        kernels.all.add(new Kernel("copy of 4 MB", 2L * COPIED, false, Kernels::copy));
        kernels.groupNorm(64, 320);
        kernels.groupNorm(32, 640);
        kernels.groupNorm(16, 1280);
        kernels.layerNorm(1024, 640);
        kernels.layerNorm(256, 1280);
        kernels.gate(1024, 2560);
        kernels.gate(256, 5120);
        kernels.elements(1024, 640);
        kernels.elements(256, 1280);
        kernels.attend(10, 1024, 1024);
        kernels.attend(20, 256, 256);
        kernels.attend(10, 1024, 77);
        kernels.attend(20, 256, 77);
        kernels.attend(24, 1357, 1357);
        return kernels.all;
    }

    private static Task copy(Bench bench) {
        int threads = bench.workers().count();
        int share = COPIED / threads;
        ByteBuffer[] from = new ByteBuffer[threads];
        ByteBuffer[] to = new ByteBuffer[threads];
        for (int i = 0; i < threads; i++) {
            from[i] = bench.arena().buffer(bench.in(Bench.ROOM).value()).slice(i * share, share);
            to[i] = bench.arena().buffer(bench.out(Bench.ROOM).value()).slice(i * share, share);
        }
        IntConsumer part = i -> to[i].put(0, from[i], 0, share);
        return () -> bench.workers().run(threads, part);
    }

    private void groupNorm(int side, int channels) {
        long elements = (long) side * side * channels;
        String size = " " + side + "x" + side + "x" + channels;
        for (boolean silu : new boolean[] {true, false}) {
            List<Epilogue> then = silu ? List.of(new Epilogue.Apply(Activate.Function.SILU)) : List.of();
            String name = "GroupNorm, " + (silu ? "SiLU, " : "") + "quantize" + size;
            normalize(
                    name,
                    9 * elements,
                    channels,
                    bench -> new Normalize(
                            "norm",
                            new Normalize.Groups(32, 1e-5),
                            Optional.of("norm"),
                            List.of(bench.in(1, side, side, channels)),
                            then,
                            bench.fixed(1, side, side, channels)));
        }
    }

    private void layerNorm(int tokens, int columns) {
        layerNorm("LayerNorm, quantize", tokens, columns, bench -> bench.fixed(1, tokens, columns));
        layerNorm("LayerNorm, quantize by token", tokens, columns, bench -> bench.byRow(1, tokens, columns));
        layerNorm(
                "LayerNorm, rotate by 64, quantize by token",
                tokens,
                columns,
                bench -> bench.rotated(64, 1, tokens, columns));
    }

    private void layerNorm(String name, int tokens, int columns, Function<Bench, List<Output>> outputs) {
        normalize(
                name + " " + tokens + "x" + columns,
                5L * tokens * columns,
                columns,
                bench -> new Normalize(
                        "norm",
                        new Normalize.Rows(1e-5),
                        Optional.of("norm"),
                        List.of(bench.in(1, tokens, columns)),
                        List.of(),
                        outputs.apply(bench)));
    }

    private void normalize(String name, long bytes, int channels, Function<Bench, Normalize> step) {
        float[] ones = new float[channels];
        Arrays.fill(ones, 1);
        Optional<float[]> parameters = Optional.of(ones);
        all.add(new Kernel(
                name, bytes, false, bench -> bench.vector().normalize(step.apply(bench), parameters, parameters)));
    }

    private void gate(int tokens, int columns) {
        pointwise(
                "GEGLU, quantize by token " + tokens + "x" + 2 * columns,
                9L * tokens * columns,
                bench -> new Pointwise(
                        "gate",
                        List.of(bench.in(1, tokens, 2 * columns)),
                        List.of(new Epilogue.GeGlu()),
                        bench.byRow(1, tokens, columns)));
    }

    private void elements(int tokens, int columns) {
        String size = " " + tokens + "x" + columns;
        long elements = (long) tokens * columns;
        quantize("quantize by token" + size, tokens, columns, bench -> bench.byRow(1, tokens, columns));
        for (int rotation : new int[] {16, 64}) {
            String name = "rotate by " + rotation + ", quantize by token" + size;
            quantize(name, tokens, columns, bench -> bench.rotated(rotation, 1, tokens, columns));
        }
        pointwise(
                "add" + size,
                12 * elements,
                bench -> new Pointwise(
                        "add",
                        List.of(bench.in(1, tokens, columns)),
                        List.of(new Epilogue.Add(bench.out(1, tokens, columns))),
                        List.of(new Output.Floats(bench.out(1, tokens, columns)))));
    }

    private void quantize(String name, int tokens, int columns, Function<Bench, List<Output>> outputs) {
        pointwise(
                name,
                5L * tokens * columns,
                bench -> new Pointwise("q", List.of(bench.in(1, tokens, columns)), List.of(), outputs.apply(bench)));
    }

    private void pointwise(String name, long bytes, Function<Bench, Pointwise> step) {
        all.add(new Kernel(name, bytes, false, bench -> bench.vector().pointwise(step.apply(bench))));
    }

    private void attend(int heads, int queries, int keys) {
        int width = 64 * heads;
        String size = heads + " heads, " + queries + " queries, " + keys + " keys";
        long operations = 4L * width * queries * keys;
        for (boolean integers : new boolean[] {false, true}) {
            String name = "attention" + (integers ? " of integers, " : ", ") + size;
            all.add(new Kernel(name, operations, true, bench -> {
                View from = bench.in(1, Math.max(queries, keys), 3 * width);
                Attend step = new Attend(
                        "attention",
                        new Attention(heads, 0.125, false),
                        from.slice(1, 0, queries).slice(2, 0, width),
                        from.slice(1, 0, keys).slice(2, width, 2 * width),
                        from.slice(1, 0, keys).slice(2, 2 * width, 3 * width),
                        Optional.empty(),
                        List.of(new Output.Floats(bench.out(1, queries, width))));
                return bench.attention().attend(step, integers);
            }));
        }
    }
}
