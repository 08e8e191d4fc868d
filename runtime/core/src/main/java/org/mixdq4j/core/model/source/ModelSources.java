package org.mixdq4j.core.model.source;

import java.nio.file.Path;

/** Opens models, whatever their layout. */
public final class ModelSources {
    private ModelSources() {}

    /** @throws org.mixdq4j.core.error.MixdqException if there is no model at {@code path} */
    public static ModelSource open(Path path) {
        return ModelFolder.open(path);
    }
}
