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

/** A checkpoint that holds text encoders with integer weights, from ptq to a picture. */
class QuantizedTextEncodersTest {
    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path checkpoint;
    private static String said;

    @BeforeAll
    static void quantize() throws IOException {
        Path scheme = Files.writeString(
                shared.resolve("encoders.yaml"),
                "name: encoders\nkeep_float: {worst: 0}\ntext_encoders: {bits: 4, which: all}\n");
        checkpoint = shared.resolve("w8a8");
        said = Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, checkpoint))
                .succeeds()
                .out();
    }

    private RgbImage picture(String name, Object... quantized) {
        Path file = folder.resolve(name);
        Mixdq.run(Mixdq.join(Shipped.infer(Shipped.MODEL, file), quantized)).succeeds();
        return Png.decode(file);
    }

    @Test
    void areSmallerAndSaidToBe() {
        assertThat(said)
                .containsPattern(
                        "text_encoder: .*B \\(0\\.\\d+ of the float file\\), \\d+ layers with weights of 4 bits");
        assertThat(said).contains("text_encoder_2: ");
        assertThat(checkpoint
                        .resolve("text_encoder_2/model.safetensors")
                        .toFile()
                        .length())
                .isLessThan(Shipped.MODEL
                                .resolve("text_encoder_2/model.safetensors")
                                .toFile()
                                .length()
                        / 2);
        assertThat(Mixdq.run("info", "--verify", checkpoint).succeeds().out())
                .contains("text_encoder_2: weights of ", " layers quantized");
    }

    @Test
    void changeThePictureALittle() {
        RgbImage without = picture("without.png", "--quantized", Shipped.checkpoint());
        RgbImage with = picture("with.png", "--quantized", checkpoint);
        double psnr = Psnr.of(without.toUnit(), with.toUnit(), 1);
        assertThat(psnr).isBetween(15.0, 60.0);
    }

    @Test
    void inputsOfEightBitsHardlyChangeIt() throws IOException {
        Path scheme = Files.writeString(
                folder.resolve("whole.yaml"),
                "name: whole\ntext_encoders: {bits: 8, activations: 8, which: small, samples: 2}\n");
        Path whole = folder.resolve("whole");
        String lines = Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, whole))
                .succeeds()
                .out();
        assertThat(lines)
                .containsPattern("text_encoder: .* layers with weights of 8 bits and inputs of 8, \\d+ in float;"
                        + " output SQNR [34]\\d\\.\\d dB a token");
        assertThat(Json.read(whole.resolve("summary.json"))
                        .at("/text_encoders/text_encoder_2/output_sqnr_db")
                        .asDouble())
                .isGreaterThan(35);
        Path floats = Files.writeString(folder.resolve("floats.yaml"), "name: floats\n");
        Path without = folder.resolve("without");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), floats, without))
                .succeeds();
        double psnr = Psnr.of(
                picture("floats.png", "--quantized", without).toUnit(),
                picture("whole.png", "--quantized", whole).toUnit(),
                1);
        // The denoiser is one of integers in both: one level that flips moves a picture by as much as quantizing it
        // does.
        assertThat(psnr).isBetween(35.0, 90.0);
    }

    @Test
    void aDamagedOneIsNamed() throws IOException {
        Path copy = Shipped.linked(checkpoint, folder.resolve("copy"));
        Path weights = Shipped.own(copy, "text_encoder/model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        Mixdq.run("info", "--verify", copy).fails(1, "text_encoder/model.safetensors", "changed or damaged");
    }
}
