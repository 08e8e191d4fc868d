package org.mixdq4j.cpu.vector;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Has the inner loops compiled before they are needed. Until the JVM's second compiler is done with a loop of the Vector API,
 * each vector is an object and the loop a hundred times slower: a first step would take seconds more. Meanwhile weights are
 * loaded.
 */
final class Warmup {
    private static final AtomicBoolean STARTED = new AtomicBoolean();
    /** With whole blocks of {@link Lanes}, and elements left over. */
    private static final int SIZE = 4 * Lanes.COUNT + 9;

    private static final int CALLS = 100;
    /** Once the compiler was asked: each that it is not done with takes a core from those who load weights. */
    private static final int FEW_CALLS = 20;

    /** The second compiler is asked after some 1000 calls; it may be busy then. */
    private static final int MAX_ROUNDS = 200;

    private static final int BUSY_ROUNDS = 15;
    /** What a call takes at most once it is compiled: it is a fraction of that, and was dozens of times that. */
    private static final long COMPILED_NANOS = 2_000;

    private static final long PAUSE_NANOS = 3_000_000;

    private Warmup() {}

    /** @param first what loading itself waits for: the compiler takes what it was asked for one by one */
    static void start(Runnable first) {
        if (STARTED.getAndSet(true)) {
            return;
        }
        Loops loops = Loops.best();
        Thread thread = new Thread(
                () -> {
                    first.run();
                    if (!(loops instanceof ScalarLoops)) {
                        loops(loops).forEach(Warmup::run);
                        loops(loops.scores()).forEach(Warmup::run);
                    }
                },
                "mixdq-warmup");
        thread.setDaemon(true);
        thread.start();
    }

    private static void run(Runnable loop) {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            boolean asked = round > BUSY_ROUNDS;
            int calls = asked ? FEW_CALLS : CALLS;
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                loop.run();
            }
            if (System.nanoTime() - start < calls * COMPILED_NANOS) {
                return;
            }
            if (asked) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** Those that take longest first. Numbers are small, so that nothing overflows, however often it is repeated. */
    private static List<Runnable> loops(Loops loops) {
        float[] x = new float[3 * (SIZE + Loops.PADDING)];
        float[] y = new float[x.length];
        float[] lanes = new float[Lanes.COUNT];
        byte[] bytes = new byte[x.length];
        short[] shorts = new short[x.length];
        return List.of(
                () -> loops.sigmoidProduct(x, 0, SIZE, 1),
                () -> loops.levels(x, 0, SIZE, 1, 128, 255, bytes, 0),
                () -> loops.affine(x, 0, SIZE, y, y, y),
                () -> loops.accumulate(x, SIZE + Loops.PADDING, 1, SIZE, y),
                () -> loops.scale(x, 0, SIZE, 0),
                () -> loops.geGlu(x, 0, SIZE, y, 0),
                () -> loops.sum(x, 0, SIZE, lanes),
                () -> loops.squares(x, 0, SIZE, 0, lanes),
                () -> loops.standardize(x, 0, SIZE, 0, 0, y, y),
                () -> loops.standardize(x, 0, SIZE, 0, 0),
                () -> loops.largest(x, 0, SIZE),
                () -> loops.rotate(x, 0, SIZE / 64 * 64, 64, y, 0),
                () -> loops.add(x, 0, SIZE, y, 0),
                () -> loops.modulate(x, 0, SIZE, y, 0, SIZE),
                () -> loops.multiply(x, 0, SIZE, y, 0, x, 0),
                () -> loops.widen(shorts, 0, SIZE, x, 0),
                () -> loops.narrow(x, 0, SIZE, shorts, 0),
                () -> loops.geluTanh(x, 0, SIZE),
                () -> loops.gelu(x, 0, SIZE),
                () -> loops.multiply(x, 0, SIZE, 0, y));
    }

    /** Those of attention. What a branch does that was never taken is not compiled, and waits for all to be compiled again. */
    private static List<Runnable> loops(ScoreLoops loops) {
        // No multiple of four vectors.
        int size = (SIZE / ScoreLoops.STEP / 2 + 1) * ScoreLoops.STEP;
        float[] x = new float[2 * size];
        byte[] bytes = new byte[2 * size];
        ScoreRows rows = new ScoreRows();
        rows.plan(2, size);
        rows.set(2, size);
        return List.of(
                () -> loops.powers(rows),
                () -> loops.digits(rows, bytes, bytes, size),
                () -> loops.maxima(rows),
                () -> loops.scale(rows),
                () -> loops.combine(rows, x, x, 0, 0),
                () -> loops.peaks(rows),
                () -> loops.magnitudes(rows, x, 2),
                () -> loops.integers(rows, x, 2, 0, bytes),
                () -> loops.integers(rows, x, x, bytes),
                () -> loops.columnSums(rows, x),
                () -> loops.columnLargest(rows, x, x));
    }
}
