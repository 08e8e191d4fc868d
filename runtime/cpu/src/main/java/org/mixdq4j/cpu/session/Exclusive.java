package org.mixdq4j.cpu.session;

import java.util.concurrent.atomic.AtomicBoolean;

/** What one thread at a time works with: there is one for each thread, and a part takes any that is free. */
public abstract class Exclusive {
    private final AtomicBoolean taken = new AtomicBoolean();

    /** A free one of as many as there are threads. */
    public static <T extends Exclusive> T take(T[] all) {
        while (true) {
            for (T each : all) {
                Exclusive one = each;
                if (!one.taken.get() && one.taken.compareAndSet(false, true)) {
                    return each;
                }
            }
        }
    }

    public final void giveBack() {
        taken.set(false);
    }
}
