package org.mixdq4j.cpu.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * The threads that steps in Java share. A step names its parts, which depend on its shape alone, never on the number of
 * threads: so does its result. The calling thread works too.
 */
public final class Workers implements AutoCloseable {
    /** How long an idle thread looks for work before it sleeps: longer than oneDNN's small products, shorter than large ones. */
    private static final long SPIN_NANOS = 20_000;

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private volatile int round;
    private volatile boolean closed;
    private int parts;
    private IntConsumer body;
    private volatile Throwable failure;

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

    /** Calls {@code part} for each number from 0 to {@code count - 1}, by several threads, and returns when all are done. */
    public synchronized void run(int count, IntConsumer part) {
        if (count <= 1 || threads.isEmpty()) {
            for (int i = 0; i < count; i++) {
                part.accept(i);
            }
            return;
        }
        body = part;
        parts = count;
        failure = null;
        next.set(0);
        busy.set(threads.size());
        round++;
        threads.forEach(LockSupport::unpark);
        work();
        while (busy.get() != 0) {
            Thread.onSpinWait();
        }
        body = null;
        Throwable thrown = failure;
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown != null) {
            throw (RuntimeException) thrown;
        }
    }

    private void work() {
        try {
            for (int i = next.getAndIncrement(); i < parts; i = next.getAndIncrement()) {
                body.accept(i);
            }
        } catch (RuntimeException | Error e) {
            next.set(parts);
            keep(e);
        }
    }

    private void keep(Throwable e) {
        synchronized (next) {
            if (failure == null) {
                failure = e;
            } else if (failure != e) {
                failure.addSuppressed(e);
            }
        }
    }

    private void serve() {
        int seen = 0;
        while (!closed) {
            long waitedFrom = System.nanoTime();
            while (round == seen && !closed) {
                if (System.nanoTime() - waitedFrom < SPIN_NANOS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (closed) {
                return;
            }
            seen = round;
            work();
            busy.decrementAndGet();
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.forEach(LockSupport::unpark);
    }
}
