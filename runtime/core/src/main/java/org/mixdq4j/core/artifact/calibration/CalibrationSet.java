package org.mixdq4j.core.artifact.calibration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;

/** A finished calibration set on disk. */
public final class CalibrationSet {
    private final Path folder;
    private final CalibrationManifest manifest;

    private CalibrationSet(Path folder, CalibrationManifest manifest) {
        this.folder = folder;
        this.manifest = manifest;
    }

    /** @throws MixdqException if the set is missing, unfinished, or a shard is missing or not the one that was written */
    public static CalibrationSet open(Path folder) {
        CalibrationManifest manifest = CalibrationManifest.read(folder)
                .orElseThrow(() -> new MixdqException("There is no calibration set in " + folder
                        + " (no manifest.json); make one with 'mixdq calibrate --out " + folder + "'."));
        if (!manifest.finished()) {
            throw new MixdqException("The calibration set in " + folder
                    + " is unfinished; run the same 'mixdq calibrate' command again, it goes on where it was stopped.");
        }
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            Path file = folder.resolve(CalibrationShard.fileName(shard));
            if (!Files.isRegularFile(file)) {
                throw new MixdqException("The calibration set in " + folder + " lacks " + file.getFileName()
                        + ", one of " + manifest.shardCount()
                        + " shards; run the same 'mixdq calibrate' command again, it makes what is missing.");
            }
            if (!Sha256.of(file).equals(manifest.shards().get(shard))) {
                throw new MixdqException(
                        file + " is not the shard that was written (its SHA-256 differs from the manifest's); run the"
                                + " same 'mixdq calibrate' command again, it makes the shard anew.");
            }
            try (SafetensorsFile opened = SafetensorsFile.open(file)) {
                if (!CalibrationShard.belongsTo(opened, manifest.identity())) {
                    throw new MixdqException(CalibrationManifest.file(folder) + " is not the one " + file.getFileName()
                            + " was written with: it was edited, or is of another set; delete the folder and make"
                            + " the set again with 'mixdq calibrate'.");
                }
            }
        }
        return new CalibrationSet(folder, manifest);
    }

    /** SHA-256 of the manifest, which holds those of all shards. */
    public String digest() {
        return Sha256.of(CalibrationManifest.file(folder));
    }

    public Path folder() {
        return folder;
    }

    public CalibrationManifest manifest() {
        return manifest;
    }

    /** Number of rows {@link #forEachRow} gives. */
    public int rowCount() {
        return manifest.samples().size() * steps() * manifest.rows();
    }

    public int steps() {
        return manifest.settings().path("timesteps").size();
    }

    /** Of each step, in the order of denoising. */
    public List<Double> timesteps() {
        List<Double> timesteps = new ArrayList<>();
        manifest.settings().path("timesteps").forEach(timestep -> timesteps.add(timestep.asDouble()));
        return timesteps;
    }

    /** All rows in the order sample, step, row. Tensors are valid during the call only. */
    public void forEachRow(Consumer<CalibrationRow> consumer) {
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(CalibrationShard.fileName(shard)))) {
                CalibrationShard.rows(file, manifest.firstSample(shard)).forEach(consumer);
            }
        }
    }

    /** The latents that each sample ended with, [1, channels, height, width]. Tensors are valid during the call only. */
    public void forEachLatents(Consumer<Tensor> consumer) {
        for (int shard = 0; shard < manifest.shardCount(); shard++) {
            try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(CalibrationShard.fileName(shard)))) {
                CalibrationShard.latents(file).forEach(consumer);
            }
        }
    }

    /** @throws MixdqException if the set was made with another model; the VAE does not matter */
    public void requireMadeWith(ModelFingerprint model, Object modelName) {
        manifest.model().mismatch("with", model, modelName, Set.of("vae")).ifPresent(mismatch -> {
            throw new MixdqException("The calibration set " + folder + " was made " + mismatch
                    + "; pass what it was made with, or calibrate this one.");
        });
    }
}
