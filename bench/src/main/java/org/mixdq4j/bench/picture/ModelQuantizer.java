package org.mixdq4j.bench.picture;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.step.ComponentQuantizer;
import org.mixdq4j.bench.step.RandomInputs;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.LatentDecoder;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.decoder.DecoderLatents;
import org.mixdq4j.ptq.decoder.DecoderQuantizer;
import org.mixdq4j.ptq.encoder.EncoderQuantizer;
import org.mixdq4j.ptq.encoder.EncoderTexts;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * A whole model to a checkpoint that 'mixdq infer' takes: the noise predictor, and the VAE's decoder and text encoders where a
 * scheme asks for them.
 */
public final class ModelQuantizer {
    private static final int LATENTS = 2;
    private static final int TEXTS = 2;
    private static final int TOKENS = 77;
    /** Of the latents that the decoder's ranges come from. */
    private static final int SIDE = 16;

    private ModelQuantizer() {}

    /** Writes it. @param shape and {@code calls} as for {@link ComponentQuantizer#write} */
    public static void write(Path model, Scheme scheme, NetworkShape shape, int calls, Path out, Progress progress) {
        ModelFolder folder = ModelFolder.open(model);
        Component network =
                Component.open(folder.component(DiffusionNetwork.of(folder).component()));
        ComponentQuantizer.write(network, ModelFingerprint.of(folder), scheme, shape, calls, out, progress);
        QuantizationConfig written = QuantizationConfig.read(out);
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            new EncoderQuantizer(
                            folder,
                            scheme.textEncoders(),
                            component -> texts(folder.config(component)),
                            executor,
                            progress)
                    .write(out, written);
            new DecoderQuantizer(
                            folder,
                            scheme.vae(),
                            () -> latents(folder.config(LatentDecoder.COMPONENT)),
                            executor,
                            progress)
                    .write(out, written);
        }
    }

    private static DecoderLatents latents(JsonNode config) {
        Shape latent = Shape.of(1, config.path("latent_channels").asInt(4), SIDE, SIDE);
        List<Tensor> latents = new ArrayList<>();
        for (int i = 0; i < LATENTS; i++) {
            latents.add(Tensor.of(latent, new TorchRandom(i).normal((int) latent.elements())));
        }
        return new DecoderLatents(latents, List.of());
    }

    /** Random words. */
    private static EncoderTexts texts(JsonNode config) {
        Graph graph = Networks.build(config, new NetworkShape(1, 0, 0, TOKENS));
        return new EncoderTexts(
                RandomInputs.calls(graph, TEXTS).stream()
                        .map(call -> call.get("input_ids"))
                        .toList(),
                List.of());
    }
}
