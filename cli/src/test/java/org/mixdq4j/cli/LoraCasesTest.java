package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRAs as people publish them, against what diffusers draws with them. */
class LoraCasesTest {
    private static final Path FILES = Shipped.ROOT.resolve("util_files/cases/10-lora");

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"kohya,'',scale_1.0", "kohya,':0.5',scale_0.5", "peft,':1',scale_1.0", "peft,':5e-1',scale_0.5"})
    void drawsWhatDiffusersDraws(String form, String scale, String expected) {
        ModelCase model = ModelCase.of("10-lora", folder.resolve("model"));
        model.draw(folder, "--lora", FILES.resolve(form + ".safetensors") + scale)
                .succeeds();
        ModelCase.requireImage(folder, model.expected().path(expected));
    }

    @ParameterizedTest
    @CsvSource({"4,1.5", "8,1.0"})
    void drawsWithTheLcmSchedulerAsLcmLorasDo(String steps, String guidance) {
        ModelCase model = ModelCase.of("10-lora", folder.resolve("model"));
        List<Object> more =
                new ArrayList<>(List.of("--lora", FILES.resolve("kohya.safetensors"), "--scheduler", "lcm"));
        if (steps.equals("8")) {
            more.addAll(List.of("--steps", steps, "--guidance", guidance));
        }
        model.drawByDefaults(folder, more.toArray()).succeeds();
        ModelCase.requireImage(folder, model.expected().path("lcm_" + steps + "_steps_guidance_" + guidance));
    }

    @Test
    void severalAddUp() {
        ModelCase model = ModelCase.of("10-lora", folder.resolve("model"));
        model.draw(
                        folder,
                        "--lora",
                        FILES.resolve("kohya.safetensors:0.7"),
                        "--lora",
                        FILES.resolve("peft.safetensors:0.3"))
                .succeeds();
        ModelCase.requireImage(folder, model.expected().path("scale_1.0"));
        model.draw(folder, "--lora", FILES.resolve("kohya.safetensors:0")).succeeds();
        ModelCase.requireImage(folder, model.expected().path("without_lora"));
    }

    @Test
    void everyStageWantsTheSameOnes() {
        Path model = ModelCase.copyBase("sd15", folder.resolve("model"));
        Object[] lora = {"--lora", FILES.resolve("peft.safetensors:0.5")};
        Path calib = folder.resolve("calib");
        Path w8a8 = folder.resolve("w8a8");
        Object[] calibrate = {
            "calibrate", "--model", model, "--captions", Shipped.CAPTIONS, "--samples", 2, "--steps", 2, "--out", calib
        };
        Mixdq.run(Mixdq.join(calibrate, lora)).succeeds();
        Mixdq.run(calibrate).fails(1, "made with other --lora options");
        Object[] ptq = {
            "ptq",
            "--model",
            model,
            "--calib",
            calib,
            "--out",
            w8a8,
            "--scheme",
            Shipped.ROOT.resolve("configs/schemes/w8a8.yaml")
        };
        Mixdq.run(ptq).fails(1, "made with --lora peft.safetensors:0.5, but now there is none");
        assertThat(Mixdq.run(Mixdq.join(ptq, lora)).succeeds().out()).contains("--lora " + lora[1]);
        Object[] sensitivity = {
            "sensitivity",
            "--model",
            model,
            "--calib",
            calib,
            "--out",
            folder.resolve("s"),
            "--samples",
            1,
            "--method",
            "exact",
            "--weight-bits",
            4,
            "--act-bits",
            "none"
        };
        Mixdq.run(sensitivity).fails(1, "made with --lora peft.safetensors:0.5, but now there is none");
        Mixdq.run(Mixdq.join(sensitivity, lora)).succeeds();
        Path picture = folder.resolve("p.png");
        Object[] infer = {
            "infer", "--model", model, "--quantized", w8a8, "--steps", 2, "--prompt", "a red circle", "--out", picture
        };
        Mixdq.run(Mixdq.join(infer, "--lora", FILES.resolve("peft.safetensors")))
                .fails(1, "made with --lora peft.safetensors:0.5, but now it is --lora peft.safetensors:1");
        Mixdq.run(Mixdq.join(infer, lora)).succeeds();
        assertThat(Mixdq.run("info", picture).succeeds().out()).contains("LoRA: peft.safetensors:0.5");
        Object[] evaluate = {
            "evaluate",
            "--model",
            model,
            "--quantized",
            w8a8,
            "--captions",
            Shipped.CAPTIONS,
            "--skip",
            2,
            "--count",
            2,
            "--steps",
            2,
            "--out",
            folder.resolve("e")
        };
        Mixdq.run(evaluate).fails(1, "made with --lora peft.safetensors:0.5, but now there is none");
        assertThat(Mixdq.run(Mixdq.join(evaluate, lora)).succeeds().out()).contains("w8a8");
    }

    @Test
    void aModelSavedWithLoraWrappersIsNamedAsSuch() {
        ModelCase model = ModelCase.of("11-folder-saved-with-lora-wrappers", folder.resolve("model"));
        model.draw(folder)
                .fails(1, "saved with a LoRA loaded", ".base_layer.weight", "unload_lora_weights()", "--lora");
    }

    @Test
    void wrongOptionsAreNamed() {
        Path model = ModelCase.copyBase("sd15", folder.resolve("model"));
        Object[] infer = {"infer", "--model", model, "--prompt", "x", "--out", folder.resolve("x.png")};
        Mixdq.run(Mixdq.join(infer, "--lora", "nowhere.safetensors")).fails(2, "no LoRA file nowhere.safetensors");
        Mixdq.run(Mixdq.join(infer, "--lora", FILES.resolve("peft.safetensors:much")))
                .fails(2, "'much' after the colon is no number");
        Mixdq.run(Mixdq.join(infer, "--lora", model.resolve("unet/diffusion_pytorch_model.safetensors")))
                .fails(1, "no part of a LoRA");
        Path sd3 = ModelCase.copyBase("sd3", folder.resolve("sd3"));
        infer[2] = sd3;
        Mixdq.run(Mixdq.join(infer, "--lora", FILES.resolve("kohya.safetensors")))
                .fails(1, "does not fit the StableDiffusion3Pipeline", "none of its layers for the noise predictor");
        assertThat(sd3).exists();
    }
}
