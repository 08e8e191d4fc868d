package org.mixdq4j.core.network.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;

/** Finds the folder that completes a single file. */
final class BaseFolder {
    private BaseFolder() {}

    /**
     * The one a user names: a model, or single components of one.
     *
     * @throws MixdqException if it is neither, or of another family than the file
     */
    static ModelFolder given(Path folder, ModelFolder published, Path file) {
        if (!Files.isDirectory(folder)) {
            throw new MixdqException("There is no folder " + folder
                    + "; --base takes a folder in diffusers' layout that completes the file given as --model.");
        }
        if (!Files.isRegularFile(folder.resolve("model_index.json"))) {
            return ModelFolder.of(folder, published.index());
        }
        ModelFolder opened = ModelFolder.open(folder);
        if (!sameFamily(opened, published)) {
            throw new MixdqException("The folder " + folder + " is a " + opened.pipelineClass() + ", but the file "
                    + file + " is one for " + published.pipelineClass() + "; give a --base of the same family.");
        }
        return opened;
    }

    /** One that lies where people keep it. */
    static Optional<ModelFolder> beside(Path file, ModelFolder published) {
        Path own = file.toAbsolutePath().getParent();
        return List.of(own.resolve("configs"), own).stream()
                .filter(folder -> Files.isRegularFile(folder.resolve("model_index.json")))
                .map(ModelFolder::open)
                .filter(folder -> sameFamily(folder, published))
                .findFirst();
    }

    private static boolean sameFamily(ModelFolder folder, ModelFolder published) {
        return folder.pipelineClass().equals(published.pipelineClass());
    }
}
