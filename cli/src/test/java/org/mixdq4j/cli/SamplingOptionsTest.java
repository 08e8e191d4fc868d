package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.io.Json;

/** A scheduler and timesteps of one's own, from calibration to pictures. */
class SamplingOptionsTest {
    private static final Object[] OWN = {"--scheduler", "unipc", "--timesteps", "999,650,300", "--guidance", 3};

    @TempDir
    private Path folder;

    private Path model;
    private Path calibration;
    private Path checkpoint;

    @BeforeEach
    void quantize() {
        model = ModelCase.copyBase("sd15", folder.resolve("model"));
        calibration = folder.resolve("calib");
        checkpoint = folder.resolve("w8a8");
        calibrate(OWN).succeeds();
        Mixdq.run(Shipped.ptq(model, calibration, Shipped.scheme(), checkpoint)).succeeds();
    }

    private Mixdq.Outcome calibrate(Object... more) {
        Object[] arguments = {
            "calibrate", "--model", model, "--captions", Shipped.CAPTIONS, "--samples", 2, "--out", calibration
        };
        return Mixdq.run(Mixdq.join(arguments, more));
    }

    private Mixdq.Outcome infer(Object... more) {
        Object[] arguments = {"infer", "--model", model, "--quantized", checkpoint, "--prompt", "a red circle", "--out"
        };
        return Mixdq.run(Mixdq.join(Mixdq.join(arguments, folder.resolve("p.png")), more));
    }

    @Test
    void areCalibratedWithAndRecorded() {
        JsonNode settings = Json.read(calibration.resolve("manifest.json")).path("settings");
        assertThat(settings.path("scheduler").path("_class_name").asText()).isEqualTo("UniPCMultistepScheduler");
        assertThat(settings.path("given_timesteps")).hasSize(3);
        assertThat(settings.path("timesteps")).isEqualTo(settings.path("given_timesteps"));
        assertThat(settings.path("steps").asInt()).isEqualTo(3);
        calibrate("--scheduler", "deis", "--timesteps", "999,650,300", "--guidance", 3)
                .fails(1, "holds a calibration set made with scheduler");
    }

    @Test
    void drawingFarFromThemIsSaidInALine() {
        assertThat(infer(OWN).succeeds().err()).doesNotContain("was calibrated with");
        String far = infer("--scheduler", "euler", "--steps", 12, "--guidance", 7.5, "--width", 128)
                .succeeds()
                .err();
        assertThat(far.lines().filter(line -> line.contains("was calibrated with")))
                .hasSize(1)
                .allMatch(line -> line.contains("3 steps instead of 12")
                        && line.contains("guidance 3.0 instead of 7.5")
                        && line.contains("UniPCMultistepScheduler instead of EulerDiscreteScheduler")
                        && line.contains("64x64 instead of 128x64"));
    }

    @Test
    void evaluationsTakeThemToo() {
        Path out = folder.resolve("evaluation");
        Object[] arguments = {
            "evaluate",
            "--model",
            model,
            "--quantized",
            checkpoint,
            "--captions",
            Shipped.CAPTIONS,
            "--skip",
            2,
            "--count",
            2,
            "--guidance-rescale",
            0.7,
            "--out",
            out
        };
        String err = Mixdq.run(Mixdq.join(arguments, OWN)).succeeds().err();
        assertThat(err).contains("sampling: 3 steps, guidance 3.0, UniPCMultistepScheduler (as given)");
        assertThat(err).doesNotContain("was calibrated with");
        JsonNode json = Json.read(out.resolve("evaluation.json"));
        assertThat(json.path("scheduler").asText()).isEqualTo("UniPCMultistepScheduler");
        assertThat(json.path("timesteps")).hasSize(3);
        assertThat(json.path("guidance_rescale").asDouble()).isEqualTo(0.7);
        assertThat(json.path("variants").path(0).path("psnr").path("mean").asDouble())
                .isGreaterThan(25);
    }
}
