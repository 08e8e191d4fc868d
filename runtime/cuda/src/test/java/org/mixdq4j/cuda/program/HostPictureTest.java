package org.mixdq4j.cuda.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.network.source.ModelSources;
import org.mixdq4j.core.pipeline.NoiseSource;
import org.mixdq4j.core.pipeline.PipelineSetup;
import org.mixdq4j.core.pipeline.TextToImage;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.host.HostDevice;

/** Whole pictures: text encoders, the denoising network and the decoder, all in 16 bits, by twins. */
class HostPictureTest {
    private static final int SIZE = 32;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-sdxl-turbo", "tiny-sd3"})
    void looksLikeThatOfPyTorch(String model) {
        float[] wanted = draw(model, Executors.instrumented());
        float[] found = draw(model, new CudaExecutor(new HostDevice(OneStep.HOPPER, Families.twins())));
        double squares = 0;
        for (int i = 0; i < wanted.length; i++) {
            squares += Math.pow(wanted[i] - (double) found[i], 2);
        }
        double psnr = -10 * Math.log10(squares / wanted.length);
        System.out.printf("%s in FP16 and BF16: %.1f dB%n", model, psnr);
        assertThat(psnr).isGreaterThan(30);
    }

    private static float[] draw(String model, Executor executor) {
        Path folder = Path.of(System.getProperty("mixdq.root"), "util_files", "models")
                .resolve(model);
        PipelineSetup setup =
                new PipelineSetup(ModelSources.open(folder), SIZE, SIZE, Optional.empty(), Numerics.INTEGER);
        try (executor;
                TextToImage pipeline = TextToImage.open(setup, executor)) {
            TextToImage.Request request =
                    new TextToImage.Request("a red circle", Optional.empty(), 1, Optional.empty(), 0);
            return pipeline.generate(request, NoiseSource.seeded(7), step -> {})
                    .image()
                    .toFloatArray();
        }
    }
}
