package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    /** The same with the VAE in float. */
    private static Path withoutVae;

    private static String said;

    @BeforeAll
    static void quantize() throws IOException {
        Path scheme = Files.writeString(
                shared.resolve("vae.yaml"), "name: vae\nkeep_float: {worst: 0}\nvae: {bits: 8, samples: 16}\n");
        // Of the size it was made for, where pictures of 32 x 32 are smaller than what its layers see at once.
        Path calibration = shared.resolve("calib");
        Mixdq.run(
                        "calibrate",
                        "--model",
                        Shipped.MODEL,
                        "--captions",
                        Shipped.CAPTIONS,
                        "--samples",
                        24,
                        "--out",
                        calibration)
                .succeeds();
        checkpoint = shared.resolve("w8a8");
        said = Mixdq.run(Shipped.ptq(Shipped.MODEL, calibration, scheme, checkpoint))
                .succeeds()
                .out();
        Path plain = Files.writeString(shared.resolve("plain.yaml"), "name: plain\nkeep_float: {worst: 0}\n");
        withoutVae = shared.resolve("plain");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, calibration, plain, withoutVae)).succeeds();
    }

    private RgbImage picture(Path model, String name, Object... more) {
        Path file = folder.resolve(name);
        Mixdq.run(Mixdq.join(Shipped.infer(model, file), more)).succeeds();
        return Png.decode(file);
    }

    @Test
    void isSmallAndSaidToBe() throws IOException {
        assertThat(said)
                .containsPattern("vae: .*B \\(0\\.\\d+ of the float file\\), \\d+ layers in 8 bits, \\d in float;"
                        + " pictures \\S+ dB PSNR, the worst of 8 \\S+ dB");
        assertThat(Mixdq.run("info", "--verify", checkpoint).succeeds().out())
                .contains("vae: weights of ", " layers quantized");
        var summary = Json.read(checkpoint.resolve("summary.json")).path("vae");
        int kept = summary.path("float_layers").size();
        int all = kept + summary.path("layers").asInt();
        assertThat(summary.path("output_sqnr_db_layer_alone").size()).isEqualTo(all);
        assertThat(kept).as("of %d", all).isBetween(1, all / 8);
        assertThat(summary.path("pictures_held_out").asBoolean()).isTrue();
        assertThat(summary.path("pictures").asInt()).isEqualTo(8);
        assertThat(summary.path("least_psnr_db").asDouble()).isGreaterThan(45);
        assertThat(summary.path("psnr_db").asDouble())
                .isGreaterThan(summary.path("least_psnr_db").asDouble());
    }

    /**
     * Both checkpoints draw the same latents. Numbers of the first picture go further beyond all that calibration saw than those of
     * any other of 64 captions: with ranges that just hold what was seen, and 32 captions, it has 38.5 dB.
     */
    @ParameterizedTest
    @CsvSource({
        "A small red diamond in the center on a plain grey background., 394995116",
        "a large violet square at the bottom left on a beige background with vertical stripes, 3359335682",
        "A yellow circle above a large cyan heart on a black checkered background, 2117372430",
    })
    void drawsWhatTheFloatOneDoes(String prompt, long seed) {
        Object[] what = {"--prompt", prompt, "--seed", seed, "--height", 96, "--width", 96};
        RgbImage without = picture("without.png", Mixdq.join(what, "--quantized", withoutVae));
        RgbImage with = picture("with.png", Mixdq.join(what, "--quantized", checkpoint));
        assertThat(Psnr.of(without.toUnit(), with.toUnit(), 1)).isBetween(42.0, 70.0);
        assertThat(picture("low.png", Mixdq.join(what, "--quantized", checkpoint, "--low-memory"))
                        .toUnit())
                .isEqualTo(with.toUnit());
    }

    private RgbImage picture(String name, Object[] what) {
        Path file = folder.resolve(name);
        Mixdq.run(Mixdq.join(new Object[] {"infer", "--model", Shipped.MODEL, "--out", file}, what))
                .succeeds();
        return Png.decode(file);
    }

    /** Who gives another VAE wants that one. */
    @Test
    void isNotUsedForAnotherVae() throws IOException {
        Path model = Shipped.linked(folder.resolve("model"));
        byte[] bytes = Files.readAllBytes(Shipped.own(model, WEIGHTS));
        bytes[bytes.length - 1] ^= 1;
        Files.write(model.resolve(WEIGHTS), bytes);
        RgbImage without = picture(model, "without.png", "--quantized", withoutVae);
        RgbImage with = picture(model, "with.png", "--quantized", checkpoint);
        assertThat(with.toUnit()).isEqualTo(without.toUnit());
    }
}
