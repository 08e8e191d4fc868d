package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
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
                .fails(1, "does not fit the StableDiffusion3Pipeline");
        assertThat(sd3).exists();
    }
}
