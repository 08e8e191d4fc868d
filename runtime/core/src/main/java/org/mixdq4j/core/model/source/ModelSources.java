package org.mixdq4j.core.model.source;

import java.nio.file.Path;
import java.util.Optional;

/** Opens models, whatever their layout. */
public final class ModelSources {
    private ModelSources() {}

    /** @throws org.mixdq4j.core.error.MixdqException if there is no model at {@code path} */
    public static ModelSource open(Path path) {
        return open(path, Optional.empty());
    }

    /**
     * @param variant which weights files to read, where a folder has several: {@code fp16}, {@code non_ema}...
     * @throws org.mixdq4j.core.error.MixdqException if there is no model at {@code path}
     */
    public static ModelSource open(Path path, Optional<String> variant) {
        return ModelFolder.open(path, variant);
    }
}
