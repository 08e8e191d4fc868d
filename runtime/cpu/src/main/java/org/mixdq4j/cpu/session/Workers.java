package org.mixdq4j.cpu.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * The threads that steps in Java share. A step names its parts, which depend on its shape alone, never on the number of
 * threads: so does its result. The calling thread works too, and waits for parts that others took, not for others to wake.
 */
public final class Workers implements AutoCloseable {
    /** How long a thread looks for what it waits for and does nothing else: longer than between most steps. */
    private static final long SPIN_NANOS = 20_000;
    /**
     * How long it goes on looking, whenever nobody else wants its core, while a network runs. To wake a thread that sleeps takes tens
     * of microseconds, more where the machine is a virtual one, and a network has hundreds of steps.
     */
    private static final long YIELD_NANOS = 2_000_000;

    private static final int PART_BITS = 20;
    private static final long PART_MASK = (1L << PART_BITS) - 1;

    private final List<Thread> threads = new ArrayList<>();
    /** Number of the round, its parts, and the next one to be taken: whoever takes one is sure of its round. */
    private final AtomicLong state = new AtomicLong();

    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /** Networks that run just now. */
    private final AtomicInteger running = new AtomicInteger();

    private volatile IntConsumer body;
    private volatile boolean paused;
    private volatile boolean closed;

    /** @param count threads in all, the calling one included */
    public Workers(int count) {
        for (int i = 1; i < count; i++) {
            Thread thread = new Thread(this::serve, "mixdq-worker-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** Threads in all. */
    public int count() {
        return threads.size() + 1;
    }

    /** Threads that sleep just now, for tests. */
    long sleeping() {
        return threads.stream()
                .filter(thread -> thread.getState() == Thread.State.WAITING)
                .count();
    }

    /** To be said before the steps of a network, and {@link #rest} after them: until then idle threads stay awake for some time. */
    public void wake() {
        if (running.getAndIncrement() == 0) {
            threads.forEach(LockSupport::unpark);
        }
    }

    /** Says that the steps of a network that began with {@link #wake} are done. */
    public void rest() {
        running.decrementAndGet();
    }

    /** To be said before other threads need the cores: idle ones sleep until there are parts again. */
    public void pause() {
        paused = true;
    }

    /**
     * Calls {@code part} for each number from 0 to {@code count - 1}, by several threads, and returns when all are done.
     * What the first failing part threw is thrown, with what others threw as suppressed.
     */
    public synchronized void run(int count, IntConsumer part) {
        if (count <= 1 || count > PART_MASK || threads.isEmpty()) {
            for (int i = 0; i < count; i++) {
                part.accept(i);
            }
            return;
        }
        body = part;
        paused = false;
        finished.set(0);
        long round = (state.get() >>> 2 * PART_BITS) + 1;
        state.set(round << 2 * PART_BITS | (long) count << PART_BITS);
        for (int i = 0; i < Math.min(threads.size(), count - 1); i++) {
            LockSupport.unpark(threads.get(i));
        }
        work();
        long from = System.nanoTime();
        while (finished.get() != count) {
            if (System.nanoTime() - from < SPIN_NANOS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        body = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown != null) {
            throw (RuntimeException) thrown;
        }
    }

    /** Takes parts until none is left. */
    private void work() {
        for (long seen = state.get(); left(seen); seen = state.get()) {
            if (!state.compareAndSet(seen, seen + 1)) {
                continue;
            }
            try {
                body.accept((int) (seen & PART_MASK));
            } catch (RuntimeException | Error e) {
                if (!failure.compareAndSet(null, e) && failure.get() != e) {
                    failure.get().addSuppressed(e);
                }
            } finally {
                finished.incrementAndGet();
            }
        }
    }

    private static boolean left(long state) {
        return (state & PART_MASK) < (state >>> PART_BITS & PART_MASK);
    }

    private void serve() {
        while (!closed) {
            long from = System.nanoTime();
            while (!left(state.get()) && !closed) {
                long waited = System.nanoTime() - from;
                if (waited < SPIN_NANOS && !paused) {
                    Thread.onSpinWait();
                } else if (waited < YIELD_NANOS && running.get() > 0 && !paused) {
                    Thread.yield();
                } else {
                    LockSupport.park(this);
                    from = System.nanoTime();
                }
            }
            work();
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.forEach(LockSupport::unpark);
    }
}
