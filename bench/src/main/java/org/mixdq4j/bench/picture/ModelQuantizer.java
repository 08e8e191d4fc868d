package org.mixdq4j.bench.picture;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.step.ComponentQuantizer;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.network.source.ModelFolder;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.random.TorchRandom;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.ptq.decoder.DecoderLatents;
import org.mixdq4j.ptq.decoder.DecoderQuantizer;
import org.mixdq4j.ptq.scheme.Scheme;

/** A whole model to a checkpoint that 'mixdq infer' takes: the noise predictor, and the VAE's decoder where a scheme asks for it. */
public final class ModelQuantizer {
    private static final int LATENTS = 2;
    /** Of the latents that the decoder's ranges come from. */
    private static final int SIDE = 16;

    private ModelQuantizer() {}

    /** Writes it. @param shape and {@code calls} as for {@link ComponentQuantizer#write} */
    public static void write(Path model, Scheme scheme, NetworkShape shape, int calls, Path out, Progress progress) {
        ModelFolder folder = ModelFolder.open(model);
        Component network =
                Component.open(folder.component(DiffusionNetwork.of(folder).component()));
        ComponentQuantizer.write(network, ModelFingerprint.of(folder), scheme, shape, calls, out, progress);
        if (scheme.vae().bits() == Scheme.FLOAT_BITS) {
            return;
        }
        int channels = folder.config("vae").path("latent_channels").asInt(4);
        Shape latent = Shape.of(1, channels, SIDE, SIDE);
        List<Tensor> latents = new ArrayList<>();
        for (int i = 0; i < LATENTS; i++) {
            latents.add(Tensor.of(latent, new TorchRandom(i).normal((int) latent.elements())));
        }
        try (InstrumentedExecutor executor = Executors.instrumented()) {
            new DecoderQuantizer(folder, scheme.vae(), () -> new DecoderLatents(latents, List.of()), executor, progress)
                    .write(out, QuantizationConfig.read(out));
        }
    }
}
