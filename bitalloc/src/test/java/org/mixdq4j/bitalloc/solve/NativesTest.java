package org.mixdq4j.bitalloc.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;

class NativesTest {
    @Test
    void areLoadedOnce() {
        AtomicInteger calls = new AtomicInteger();
        Natives natives = new Natives(calls::incrementAndGet);
        natives.loadOnce();
        natives.loadOnce();
        assertThat(calls).hasValue(1);
    }

    @Test
    void thatCannotBeLoadedAreOneSentence() {
        Natives natives = new Natives(() -> {
            throw new UnsatisfiedLinkError("no jniortools\nin path");
        });
        assertThatThrownBy(natives::loadOnce)
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("no jniortools in path")
                .hasMessageContaining("x86-64");
    }
}
