package org.mixdq4j.sensitivity.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Items over threads, and what becomes of the others when one fails. */
class WorkersTest {
    private static final List<Integer> ITEMS = IntStream.range(0, 50).boxed().toList();

    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 2, 7, 60})
    void eachItemIsTakenOnce(int threads) {
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        Workers.forEach(ITEMS, threads, (item, stop) -> done.add(item));
        assertThat(done).containsExactlyInAnyOrderElementsOf(ITEMS);
    }

    @Test
    void severalWorkAtOnce() {
        CountDownLatch both = new CountDownLatch(2);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        Workers.forEach(List.of(1, 2), 2, (item, stop) -> {
            seen.add(Thread.currentThread());
            both.countDown();
            await(both);
        });
        assertThat(seen).hasSize(2);
    }

    @Test
    void aFailureEndsTheOthersAndIsThrownWhenTheyHaveEnded() {
        CountDownLatch working = new CountDownLatch(1);
        List<String> ends = Collections.synchronizedList(new ArrayList<>());
        assertThatThrownBy(() -> Workers.forEach(ITEMS, 2, (item, stop) -> {
                    if (item == 0) {
                        working.countDown();
                        while (!stop.getAsBoolean()) {
                            Thread.onSpinWait();
                        }
                        ends.add("stopped");
                    } else {
                        await(working);
                        ends.add("failed");
                        throw new IllegalStateException("item " + item);
                    }
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("item 1");
        assertThat(ends).containsExactly("failed", "stopped");
    }

    @Test
    void furtherFailuresGoWithTheFirst() {
        CountDownLatch both = new CountDownLatch(2);
        assertThatThrownBy(() -> Workers.forEach(List.of(1, 2), 2, (item, stop) -> {
                    both.countDown();
                    await(both);
                    throw new IllegalStateException("item " + item);
                }))
                .isInstanceOf(IllegalStateException.class)
                .satisfies(thrown -> assertThat(thrown.getSuppressed())
                        .singleElement()
                        .satisfies(other -> assertThat(other.getMessage()).isNotEqualTo(thrown.getMessage())));
    }

    @Test
    void errorsAreThrownToo() {
        assertThatThrownBy(() -> Workers.forEach(ITEMS, 2, (item, stop) -> {
                    throw new OutOfMemoryError("no more");
                }))
                .isInstanceOf(OutOfMemoryError.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
