package org.mixdq4j.cli.infer;

import java.nio.file.Path;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Noise from a file instead of a seed: {@code latents} [pictures, channels, height, width], unit normal before the
 * scheduler scales it, and {@code step<i>.noise} of the same shape for steps that add noise.
 */
public final class GivenNoise implements AutoCloseable {
    private final SafetensorsFile file;

    public GivenNoise(Path path) {
        this.file = SafetensorsFile.open(path);
        if (!file.contains("latents")) {
            file.close();
            throw new MixdqException(
                    "The file " + path + " has no tensor 'latents'; --latents takes a safetensors file with"
                            + " start noise in 'latents' and, where steps add noise, 'step0.noise', 'step1.noise', ...");
        }
    }

    /** Number of pictures there is noise for. */
    public int pictures() {
        return file.shape("latents").dim(0);
    }

    /** @throws UsageException if the noise is of another size */
    public void requireShape(Shape latent, int pictures) {
        Shape found = file.shape("latents");
        if (!found.equals(latent.with(0, pictures))) {
            throw new UsageException("The noise in " + file.path() + " has shape " + found + ", but " + pictures
                    + " pictures of this size need " + latent.with(0, pictures)
                    + "; match --width, --height and the prompts.");
        }
    }

    /** The noise of one picture. */
    public NoiseSource of(int picture) {
        return new NoiseSource() {
            @Override
            public float[] start(int count) {
                return entry("latents");
            }

            @Override
            public float[] step(int step, int count) {
                return entry("step" + step + ".noise");
            }

            private float[] entry(String name) {
                if (!file.contains(name)) {
                    throw new MixdqException("The file " + file.path() + " has no '" + name
                            + "', which the scheduler adds at that step; record it or draw with --seed.");
                }
                Shape found = file.shape(name);
                if (!found.equals(file.shape("latents"))) {
                    throw new UsageException("The noise '" + name + "' in " + file.path() + " has shape " + found
                            + ", but 'latents' has " + file.shape("latents") + "; record both in one run.");
                }
                Tensor all = file.tensor(name);
                return all.slice(picture, picture + 1).toFloatArray();
            }
        };
    }

    @Override
    public void close() {
        file.close();
    }
}
