package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.metrics.Psnr;

/** A checkpoint that holds the VAE's decoder in integers. */
class QuantizedVaeTest {
    private static final String WEIGHTS = "vae/diffusion_pytorch_model.safetensors";

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path checkpoint;
    private static String said;

    @BeforeAll
    static void quantize() throws IOException {
        Path scheme = Files.writeString(
                shared.resolve("vae.yaml"),
                "name: vae\nkeep_float: {worst: 0}\nvae: {bits: 8, worst: 0.1, samples: 4}\n");
        checkpoint = shared.resolve("w8a8");
        said = Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, checkpoint))
                .succeeds()
                .out();
    }

    private RgbImage picture(Path model, String name, Object... more) {
        Path file = folder.resolve(name);
        Mixdq.run(Mixdq.join(Shipped.infer(model, file), more)).succeeds();
        return Png.decode(file);
    }

    @Test
    void isSmallAndSaidToBe() throws IOException {
        assertThat(said)
                .containsPattern("vae: .*B \\(0\\.\\d+ of the float file\\), \\d+ layers in 8 bits, \\d+ in float");
        assertThat(Mixdq.run("info", "--verify", checkpoint).succeeds().out())
                .contains("vae: weights of ", " layers quantized");
        var summary = Json.read(checkpoint.resolve("summary.json")).path("vae");
        int kept = summary.path("float_layers").size();
        int all = kept + summary.path("layers").asInt();
        assertThat(kept).as("a tenth, rounded up").isEqualTo((all + 9) / 10);
        assertThat(summary.path("output_sqnr_db_layer_alone").size()).isEqualTo(all);
        // On the calibration's own latents, by simulation.
        assertThat(summary.path("psnr_db").asDouble()).isGreaterThan(40);
    }

    /**
     * The shared checkpoint differs in the VAE alone: both draw the same latents. The prompt is like none of the four pictures
     * that ranges come from, so some values leave these ranges.
     */
    @Test
    void drawsWhatTheFloatOneDoes() {
        RgbImage without = picture(Shipped.MODEL, "without.png", "--quantized", Shipped.checkpoint());
        RgbImage with = picture(Shipped.MODEL, "with.png", "--quantized", checkpoint);
        assertThat(Psnr.of(without.toUnit(), with.toUnit(), 1)).isBetween(20.0, 70.0);
        assertThat(picture(Shipped.MODEL, "low.png", "--quantized", checkpoint, "--low-memory")
                        .toUnit())
                .isEqualTo(with.toUnit());
    }

    /** Who gives another VAE wants that one. */
    @Test
    void isNotUsedForAnotherVae() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        byte[] bytes = Files.readAllBytes(Shipped.own(model, WEIGHTS));
        bytes[bytes.length - 1] ^= 1;
        Files.write(model.resolve(WEIGHTS), bytes);
        RgbImage without = picture(model, "without.png", "--quantized", Shipped.checkpoint());
        RgbImage with = picture(model, "with.png", "--quantized", checkpoint);
        assertThat(with.toUnit()).isEqualTo(without.toUnit());
    }
}
