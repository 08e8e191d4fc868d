package org.mixdq4j.core.artifact.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.WeightSource;

/** A quantized checkpoint, mapped for reading. Keep it open while a model that was compiled from it is being compiled. */
public final class QuantizedCheckpoint implements AutoCloseable {
    /** Name of the file with {@link #calibrationSettings}. */
    public static final String CALIBRATION_SETTINGS = "calibration_settings.json";

    private static final String VAE = "vae";

    private final Path folder;
    private final QuantizationConfig config;
    private final WeightSource weights;
    private final QuantizedLayers layers;
    /** The weights file, where it is one of ours. */
    private final Optional<SafetensorsFile> own;

    private final Runnable closing;

    private QuantizedCheckpoint(Path folder, QuantizationConfig config, SafetensorsFile weights) {
        this.folder = folder;
        this.config = config;
        this.weights = weights;
        this.layers = QuantizedLayers.of(
                config.layers().keySet(),
                id -> LayerTensors.read(id, config.layers().get(id), weights),
                id -> LayerTensors.form(id, config.layers().get(id), weights));
        this.own = Optional.of(weights);
        this.closing = weights::close;
    }

    private QuantizedCheckpoint(
            Path file, QuantizationConfig config, WeightSource weights, QuantizedLayers layers, Runnable closing) {
        this.folder = file;
        this.config = config;
        this.weights = weights;
        this.layers = layers;
        this.own = Optional.empty();
        this.closing = closing;
    }

    /**
     * A file of another program, read in its own form.
     *
     * @param config what was found in it; without a source if the file names none
     * @param weights of what is in float
     * @param closing called when the checkpoint is closed
     */
    public static QuantizedCheckpoint foreign(
            Path file, QuantizationConfig config, WeightSource weights, QuantizedLayers layers, Runnable closing) {
        return new QuantizedCheckpoint(file, config, weights, layers, closing);
    }

    /** @throws MixdqException if there is no finished checkpoint in {@code folder}, or a damaged one */
    public static QuantizedCheckpoint open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new MixdqException("There is no quantized checkpoint " + folder + "; make one with 'mixdq ptq'.");
        }
        if (folder.toAbsolutePath().normalize().toString().endsWith(CheckpointFormat.PARTIAL)) {
            throw new MixdqException("The folder " + folder + " is what an unfinished 'mixdq ptq' left; run the same"
                    + " 'mixdq ptq' command again, then use the folder it ends with.");
        }
        QuantizationConfig config = QuantizationConfig.read(folder);
        return open(folder, config, weightsFile(folder, config.component()));
    }

    /**
     * The quantized form of a text encoder or the VAE, in a folder of its own below that of the network; empty if the
     * checkpoint leaves it in float.
     */
    public static Optional<QuantizedCheckpoint> openPart(Path folder, String component) {
        Path own = folder.resolve(component);
        return QuantizationConfig.isIn(own)
                ? Optional.of(open(own, QuantizationConfig.read(own), partWeightsFile(folder, component)))
                : Optional.empty();
    }

    /** Names of the text encoders this checkpoint holds, sorted. */
    public List<String> encoders() {
        return parts().stream().filter(name -> !name.equals(VAE)).toList();
    }

    /** Whether this checkpoint holds the VAE's decoder. */
    public boolean holdsDecoder() {
        return parts().contains(VAE);
    }

    private List<String> parts() {
        if (own.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(QuantizationConfig::isIn)
                    .map(entry -> entry.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw AtomicFiles.failure("read", folder, e);
        }
    }

    /** Whether a component of a model is the one that this checkpoint was made from. */
    public boolean isOfComponent(ModelSource model, String component) {
        return ModelFingerprint.digest(model, component)
                .equals(config.source().components().get(component));
    }

    private static QuantizedCheckpoint open(Path folder, QuantizationConfig config, Path file) {
        if (!Files.isRegularFile(file)) {
            throw new MixdqException("The quantized checkpoint " + folder + " has no " + folder.relativize(file)
                    + ", which holds its weights; write it again with 'mixdq ptq'.");
        }
        SafetensorsFile weights = SafetensorsFile.open(file);
        if (!QuantizationConfig.digestIn(folder).equals(weights.metadata().get(CheckpointFormat.CONFIG_DIGEST))) {
            weights.close();
            throw new MixdqException("The " + CheckpointFormat.CONFIG_FILE + " in " + folder
                    + " is not the one its weights were written with: it was edited, or is of another checkpoint; write"
                    + " the checkpoint again with 'mixdq ptq'.");
        }
        return new QuantizedCheckpoint(folder, config, weights);
    }

    /** Where a checkpoint that will be {@code folder} is made. Such a folder is never opened as a checkpoint. */
    public static Path partial(Path folder) {
        return Path.of(folder.toAbsolutePath().normalize() + CheckpointFormat.PARTIAL);
    }

    /** The weights file below a checkpoint folder. */
    public static Path weightsFile(Path folder, String component) {
        return folder.resolve(component).resolve(CheckpointFormat.WEIGHTS_FILE);
    }

    /** The weights file of a text encoder or the VAE below a checkpoint folder. */
    public static Path partWeightsFile(Path folder, String component) {
        return folder.resolve(component)
                .resolve(component.equals(VAE) ? CheckpointFormat.WEIGHTS_FILE : CheckpointFormat.ENCODER_WEIGHTS_FILE);
    }

    /** The settings of the calibration set a checkpoint was made with; a missing node if an earlier version wrote it. */
    public static JsonNode calibrationSettings(Path folder) {
        Path file = folder.resolve(CALIBRATION_SETTINGS);
        return Files.isRegularFile(file) ? Json.read(file) : MissingNode.getInstance();
    }

    public Path folder() {
        return folder;
    }

    public QuantizationConfig config() {
        return config;
    }

    /** All tensors of the file; those of layers in float and of norms carry the float model's names and types. */
    public WeightSource floatWeights() {
        return weights;
    }

    /** Bytes of the weights file. */
    public long bytes() {
        return Folders.size(own.map(SafetensorsFile::path).orElse(folder));
    }

    /** The quantized layers by id, each read whenever it is asked for; their forms are known without their weights. */
    public QuantizedLayers layers() {
        return layers;
    }

    /**
     * Refuses a model this checkpoint was not made from. The VAE may be another one: it decodes what the network draws.
     *
     * @throws MixdqException naming both digests
     */
    public void requireMadeFrom(ModelFingerprint model, Object modelName) {
        if (own.isEmpty() && config.source().components().isEmpty()) {
            // Another program's file does not say; that it fits the network was seen when it was opened.
            return;
        }
        config.source().mismatch("from", model, modelName, Set.of("vae")).ifPresent(mismatch -> {
            throw new MixdqException("The quantized checkpoint " + folder + " was made " + mismatch
                    + "; pass what it was made from, or run 'mixdq ptq' on this one.");
        });
    }

    /** @throws MixdqException if the weights are not the bytes that were written, or a layer cannot be read */
    public void verify() {
        if (own.isEmpty()) {
            layers.forEach((id, layer) -> {});
            return;
        }
        String found = Sha256.of(own.get().path());
        if (!found.equals(config.weightsSha256())) {
            throw new MixdqException("The weights " + own.get().path() + " have the SHA-256 " + Sha256.brief(found)
                    + "..., the checkpoint was written with "
                    + Sha256.brief(config.weightsSha256())
                    + "...; the file was changed or damaged: write it again with 'mixdq ptq'.");
        }
        config.layers().forEach((id, quant) -> LayerTensors.read(id, quant, own.get()));
    }

    @Override
    public void close() {
        closing.run();
    }
}
