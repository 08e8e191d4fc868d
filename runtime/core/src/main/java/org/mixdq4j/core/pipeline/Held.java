package org.mixdq4j.core.pipeline;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** A component that takes memory: opened at once and kept, or, with a watcher, opened for each use. Opening counts as loading. */
final class Held<T> implements AutoCloseable {
    /** How a component is handled. @param bytes of its weights */
    record Handling<T>(Supplier<T> open, Consumer<T> close, ToLongFunction<T> bytes) {}

    private final String component;
    private final Handling<T> handling;
    private final Optional<MemoryWatcher> watcher;
    private final StageTimes times;
    private final T kept;

    Held(String component, Handling<T> handling, Optional<MemoryWatcher> watcher, StageTimes times) {
        this.component = component;
        this.handling = handling;
        this.watcher = watcher;
        this.times = times;
        this.kept = watcher.isPresent() ? null : open();
    }

    private T open() {
        return times.of(StageTimes.Stage.LOAD, handling.open());
    }

    <R> R use(Function<T, R> work) {
        if (watcher.isEmpty()) {
            return work.apply(kept);
        }
        T opened = open();
        try {
            watcher.get().loaded(component, 1, 1, handling.bytes().applyAsLong(opened));
            return work.apply(opened);
        } finally {
            handling.close().accept(opened);
            watcher.get().released(component);
        }
    }

    @Override
    public void close() {
        if (kept != null) {
            handling.close().accept(kept);
        }
    }
}
