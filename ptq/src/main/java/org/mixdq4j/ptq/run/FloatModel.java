package org.mixdq4j.ptq.run;

import java.util.function.Supplier;
import org.mixdq4j.core.exec.Instrumented;

/** The float network, loaded when something is first to be measured on it: large ones fit memory only quantized. */
final class FloatModel implements AutoCloseable {
    private final Supplier<Instrumented> loader;
    private Instrumented loaded;

    FloatModel(Supplier<Instrumented> loader) {
        this.loader = loader;
    }

    Instrumented get() {
        if (loaded == null) {
            loaded = loader.get();
        }
        return loaded;
    }

    /** Frees it; who asks again loads it again. */
    @Override
    public void close() {
        if (loaded != null) {
            loaded.close();
            loaded = null;
        }
    }
}
