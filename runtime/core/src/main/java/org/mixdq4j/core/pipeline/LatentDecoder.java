package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.network.vae.AutoencoderKl;
import org.mixdq4j.core.network.vae.AutoencoderTiny;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** The VAE decoder: latents of one image to a picture. */
public final class LatentDecoder implements AutoCloseable {
    /** Folder of a model, and name of the component. */
    public static final String COMPONENT = "vae";

    /** Name of the decoder's input. */
    public static final String INPUT = "latent";

    /** Name of its output: a picture in -1..1. */
    public static final String OUTPUT = "image";

    private static final List<String> DECODERS = List.of("AutoencoderKL", AutoencoderTiny.NETWORK);

    private final Network model;
    private final float scale;
    private final float shift;

    private LatentDecoder(Network model, float scale, float shift) {
        this.model = model;
        this.scale = scale;
        this.shift = shift;
    }

    /** Pixels per latent along a side: 2 to the number of downsamplers. */
    public static int factor(JsonNode vaeConfig) {
        return isTiny(vaeConfig)
                ? AutoencoderTiny.factor(vaeConfig)
                : 1 << (settings(vaeConfig).counts("block_out_channels").size() - 1);
    }

    /** In float. @param latent [1, channels, height, width] */
    public static LatentDecoder open(ModelSource folder, Shape latent, Executor executor) {
        JsonNode config = config(folder);
        Graph graph = graph(config, latent);
        try (StoredWeights weights = folder.weights(COMPONENT)) {
            return open(
                    config,
                    graph,
                    CheckpointNames.adapt(weights, graph),
                    QuantizedLayers.NONE,
                    Numerics.SIMULATED,
                    executor);
        }
    }

    /**
     * As a checkpoint holds it, if it does and the model's VAE is the one it was made from; else in float.
     *
     * @param latent [1, channels, height, width]
     */
    static LatentDecoder open(PipelineSetup setup, Shape latent, Executor executor) {
        Optional<QuantizedCheckpoint> quantized = setup.quantized()
                .filter(checkpoint -> checkpoint.isOfComponent(setup.model(), COMPONENT))
                .flatMap(checkpoint -> QuantizedCheckpoint.openPart(checkpoint.folder(), COMPONENT));
        if (quantized.isEmpty()) {
            return open(setup.model(), latent, executor);
        }
        JsonNode config = config(setup.model());
        Graph graph = graph(config, latent);
        try (QuantizedCheckpoint checkpoint = quantized.get()) {
            return open(config, graph, checkpoint.floatWeights(), checkpoint.layers(), setup.numerics(), executor);
        }
    }

    private static LatentDecoder open(
            JsonNode config,
            Graph graph,
            WeightSource weights,
            QuantizedLayers layers,
            Numerics numerics,
            Executor executor) {
        // Models say whether their pictures come out black in FP16; where they do not, they do (as diffusers assumes).
        boolean wide = !isTiny(config) && config.path("force_upcast").asBoolean(true);
        FloatType floats = wide ? executor.wideFloats() : executor.floats();
        return new LatentDecoder(
                executor.compile(graph, weights, layers, numerics.in(floats)), (float) scale(config), shift(config));
    }

    private static JsonNode config(ModelSource folder) {
        JsonNode config = folder.config(COMPONENT);
        String network = Networks.architecture(config);
        if (!DECODERS.contains(network)) {
            throw new MixdqException("The VAE of " + folder + " is a " + network
                    + ", which is not supported; supported are " + String.join(", ", DECODERS) + ".");
        }
        if (config.hasNonNull("latents_mean") || config.hasNonNull("latents_std")) {
            throw new MixdqException("The VAE of " + folder
                    + " normalizes latents per channel (latents_mean, latents_std), which is not supported; use a VAE with"
                    + " one scaling_factor.");
        }
        scale(config);
        return config;
    }

    private static double scale(JsonNode config) {
        double scale = settings(config).number("scaling_factor", isTiny(config) ? 1 : 0.18215);
        if (!(scale > 0)) {
            throw settings(config).wrong("scaling_factor", Double.toString(scale), "a number above 0");
        }
        return scale;
    }

    private static float shift(JsonNode config) {
        return (float) settings(config).number("shift_factor", 0);
    }

    /** The decoder with the input {@link #INPUT} and the output {@link #OUTPUT}. @param latent [1, channels, height, width] */
    public static Graph graph(JsonNode config, Shape latent) {
        return isTiny(config)
                ? AutoencoderTiny.decoder(config, 1, latent.dim(2), latent.dim(3))
                : AutoencoderKl.decoder(config, 1, latent.dim(2), latent.dim(3));
    }

    /** What the decoder reads for a pipeline's latents. */
    public static Tensor input(JsonNode config, Tensor latents) {
        return scaled(latents, (float) scale(config), shift(config));
    }

    private static Tensor scaled(Tensor latents, float scale, float shift) {
        float[] scaled = latents.toFloatArray();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = scaled[i] / scale + shift;
        }
        return Tensor.of(latents.shape(), scaled);
    }

    /** The decoder's output in 0..1, in the order it has. */
    public static float[] picture(Tensor image) {
        float[] values = image.toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(0, Math.min(1, values[i] / 2 + 0.5f));
        }
        return values;
    }

    private static ConfigReader settings(JsonNode config) {
        return new ConfigReader(config, isTiny(config) ? AutoencoderTiny.NETWORK : "AutoencoderKL");
    }

    private static boolean isTiny(JsonNode config) {
        return Networks.named(config).equals(Optional.of(AutoencoderTiny.NETWORK));
    }

    /** @return the picture, height x width x 3 in 0..1 */
    public Tensor decode(Tensor latents) {
        Tensor image = model.run(Map.of(INPUT, scaled(latents, scale, shift))).get(OUTPUT);
        int height = image.shape().dim(2);
        int width = image.shape().dim(3);
        float[] planes = picture(image);
        float[] pixels = new float[planes.length];
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < height * width; i++) {
                pixels[3 * i + c] = planes[c * height * width + i];
            }
        }
        return Tensor.of(Shape.of(height, width, 3), pixels);
    }

    /** Bytes its weights take. */
    long weightBytes() {
        return model.weightBytes();
    }

    @Override
    public void close() {
        model.close();
    }
}
