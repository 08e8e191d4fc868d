package org.mixdq4j.sensitivity.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * Runs one task an item on a few threads. After a failure the others end as soon as they ask whether they should, and only
 * then is it thrown: what they work on is about to be closed. Nothing is interrupted, which would close the files that
 * threads write.
 */
final class Workers {
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Workers() {}

    /** @param task of an item, and whether to stop */
    static <T> void forEach(List<T> items, int threads, BiConsumer<T, BooleanSupplier> task) {
        Workers workers = new Workers();
        AtomicInteger next = new AtomicInteger();
        Runnable work = () -> {
            for (int i = next.getAndIncrement(); i < items.size() && !workers.failed(); i = next.getAndIncrement()) {
                try {
                    task.accept(items.get(i), workers::failed);
                } catch (RuntimeException | Error e) {
                    workers.failed(e);
                }
            }
        };
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < Math.min(threads, items.size()); i++) {
            Thread thread = new Thread(work, "sensitivity-" + i);
            thread.setDaemon(true);
            thread.start();
            others.add(thread);
        }
        work.run();
        others.forEach(Workers::join);
        if (workers.failure.get() instanceof RuntimeException e) {
            throw e;
        }
        if (workers.failure.get() instanceof Error e) {
            throw e;
        }
    }

    /** The first failure is thrown; what else went wrong goes with it. */
    private void failed(Throwable e) {
        if (!failure.compareAndSet(null, e) && failure.get() != e) {
            failure.get().addSuppressed(e);
        }
    }

    private boolean failed() {
        return failure.get() != null;
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
