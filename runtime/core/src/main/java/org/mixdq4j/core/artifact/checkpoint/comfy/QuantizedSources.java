package org.mixdq4j.core.artifact.checkpoint.comfy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.network.source.ModelSource;

/** Opens quantized checkpoints, whatever their form. */
public final class QuantizedSources {
    private QuantizedSources() {}

    /**
     * @param path a folder that 'mixdq ptq' wrote, or an INT8 file of ComfyUI's
     * @param model whose denoiser it is
     * @throws org.mixdq4j.core.error.MixdqException if it is neither, damaged, or of another network
     */
    public static QuantizedCheckpoint open(Path path, ModelSource model) {
        return Files.isRegularFile(path) ? ComfyCheckpoint.open(path, model) : QuantizedCheckpoint.open(path);
    }
}
