package org.mixdq4j.bench.kernel;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.attention.AttentionTasks;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.VectorTasks;

/** What steps to be measured run on: memory of random numbers, room for results, threads. */
final class Bench implements AutoCloseable {
    /** Floats of the largest input or result. */
    static final int ROOM = 1 << 24;
    /** Numbers that are drawn, and repeated. */
    private static final int DRAWN = 1 << 20;

    private static final Quantizer FIXED = new Quantizer(new AffineParams(0.03f, 120, 8), Optional.empty());

    private final Arena arena;
    private final Workers workers;
    private final VectorTasks vector;
    private final AttentionTasks attention;

    Bench(int threads) {
        long bytes = 4L * ROOM;
        arena = new Arena(Map.of("in", 0L, "out", bytes, "levels", 2 * bytes, "scales", 3 * bytes), 3 * bytes + ROOM);
        float[] drawn = new float[DRAWN];
        Random random = new Random(1);
        for (int i = 0; i < DRAWN; i++) {
            drawn[i] = (float) random.nextGaussian();
        }
        for (String name : new String[] {"in", "out"}) {
            FloatBuffer all =
                    arena.buffer(new Value(name, Shape.of(ROOM), DType.F32)).asFloatBuffer();
            while (all.hasRemaining()) {
                all.put(drawn);
            }
        }
        workers = new Workers(threads);
        vector = new VectorTasks(arena, workers);
        attention = new AttentionTasks(arena, workers);
    }

    Arena arena() {
        return arena;
    }

    Workers workers() {
        return workers;
    }

    VectorTasks vector() {
        return vector;
    }

    AttentionTasks attention() {
        return attention;
    }

    View in(int... shape) {
        return View.of(new Value("in", Shape.of(shape), DType.F32));
    }

    View out(int... shape) {
        return View.of(new Value("out", Shape.of(shape), DType.F32));
    }

    List<Output> fixed(int... shape) {
        View levels = View.of(new Value("levels", Shape.of(shape), DType.U8));
        return List.of(new Output.Levels(levels, Optional.empty(), FIXED, 0));
    }

    List<Output> byRow(int... shape) {
        return rotated(Rotation.NONE, shape);
    }

    /** By row, of numbers rotated in runs of this size. */
    List<Output> rotated(int rotation, int... shape) {
        Quantizer quantizer = new Quantizer(new TokenParams(8), Optional.empty(), rotation);
        View levels = View.of(new Value("levels", Shape.of(shape), DType.U8));
        int rows = (int) (levels.shape().elements() / levels.columns());
        View scales = View.of(new Value("scales", Shape.of(rows), DType.F32));
        return List.of(new Output.Levels(levels, Optional.of(scales), quantizer, 0));
    }

    @Override
    public void close() {
        attention.close();
        workers.close();
        arena.close();
    }
}
