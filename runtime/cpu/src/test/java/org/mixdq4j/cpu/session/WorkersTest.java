package org.mixdq4j.cpu.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {
    private static final int ROUNDS = 300;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9})
    void eachPartIsDoneOnce(int threads) {
        try (Workers workers = new Workers(threads)) {
            rounds(workers, 17);
        }
    }

    /** Two networks at once, with more threads than cores, and others that take the cores in between. */
    @Test
    void sessionsShareThreads() throws Exception {
        ExecutorService sessions = Executors.newFixedThreadPool(2);
        try (Workers workers = new Workers(2 * Runtime.getRuntime().availableProcessors() + 1)) {
            List<Future<?>> running = IntStream.of(5, 11)
                    .<Future<?>>mapToObj(parts -> sessions.submit(() -> rounds(workers, parts)))
                    .toList();
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            sessions.shutdownNow();
        }
    }

    private static void rounds(Workers workers, int parts) {
        workers.wake();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                AtomicIntegerArray done = new AtomicIntegerArray(parts);
                workers.run(parts, done::incrementAndGet);
                for (int i = 0; i < parts; i++) {
                    assertThat(done.get(i)).isOne();
                }
                if (round % 50 == 0) {
                    workers.pause();
                    LockSupport.parkNanos(3_000_000);
                }
            }
        } finally {
            workers.rest();
        }
    }

    /** A network that runs nothing for a while, and a program without one, take no core. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void idleThreadsSleep(boolean running) throws InterruptedException {
        try (Workers workers = new Workers(3)) {
            if (running) {
                workers.wake();
            }
            workers.run(30, part -> {});
            while (workers.sleeping() < 2) {
                Thread.sleep(1);
            }
            AtomicIntegerArray done = new AtomicIntegerArray(4);
            workers.run(4, done::incrementAndGet);
            assertThat(done.toString()).isEqualTo("[1, 1, 1, 1]");
        }
    }

    @Test
    void aFailureIsThrownWhenAllPartsAreDone() {
        try (Workers workers = new Workers(4)) {
            AtomicIntegerArray done = new AtomicIntegerArray(8);
            assertThatThrownBy(() -> workers.run(8, part -> {
                        done.incrementAndGet(part);
                        if (part == 3) {
                            throw new IllegalStateException("part " + part);
                        }
                    }))
                    .hasMessage("part 3");
            assertThat(done.toString()).isEqualTo("[1, 1, 1, 1, 1, 1, 1, 1]");
            rounds(workers, 3);
        }
    }
}
