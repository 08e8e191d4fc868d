package org.mixdq4j.core.network.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.mixdq4j.core.error.UsageException;

/** Opens models, whatever their layout. */
public final class ModelSources {
    private ModelSources() {}

    /** @throws org.mixdq4j.core.error.MixdqException if there is no model at {@code path} */
    public static ModelSource open(Path path) {
        return open(path, Optional.empty(), Optional.empty());
    }

    /**
     * @param variant which weights files to read, where a folder has several: {@code fp16}, {@code non_ema}...
     * @param base a folder in diffusers' layout that completes a single file
     * @throws org.mixdq4j.core.error.MixdqException if there is no model at {@code path}
     * @throws UsageException if an option is given that the model's layout has no use for
     */
    public static ModelSource open(Path path, Optional<String> variant, Optional<Path> base) {
        if (Files.isRegularFile(path)) {
            if (variant.isPresent()) {
                throw new UsageException("The model " + path
                        + " is one file, and --variant chooses among files of a folder; leave it out.");
            }
            return SingleFile.open(path, base);
        }
        if (base.isPresent()) {
            throw new UsageException(
                    "The model " + path + " is no file, and --base completes a model in one file; leave it out.");
        }
        return ModelFolder.open(path, variant);
    }
}
