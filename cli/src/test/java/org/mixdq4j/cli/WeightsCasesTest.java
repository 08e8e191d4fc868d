package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.io.Json;

/** Weights files of models as people publish them. */
class WeightsCasesTest {
    @TempDir
    Path folder;

    @Test
    void fieldsThatTheClassNeverHadAreNamedAndPassedOver() {
        ModelCase published = ModelCase.of("03-config-training-fields", folder.resolve("model"));
        assertThat(published.draw(folder).succeeds().err().lines().filter(line -> line.startsWith("mixdq: ")))
                .containsExactly(
                        "mixdq: the config.json of unet has fields that are no settings of a UNet2DConditionModel"
                                + " and are passed over: decay, inv_gamma, min_decay, optimization_step, power,"
                                + " update_after_step, use_ema_warmup.");
        published.requirePicture(folder);
    }

    @Test
    void aSettingOfTheClassThatIsNotSupportedIsRefused() throws IOException {
        ModelCase published = ModelCase.of("03-config-training-fields", folder.resolve("model"));
        Path file = published.model().resolve("unet/config.json");
        ObjectNode config = (ObjectNode) Json.read(file);
        Json.write(file, config.put("time_embedding_act_fn", "silu"));
        assertThat(published.draw(folder).err()).contains("sets 'time_embedding_act_fn' to \"silu\"");
        Json.write(file, config.remove(List.of("optimization_step", "decay", "power")));
        Json.write(file, config.putNull("time_embedding_act_fn").put("class_embed_type", "projection"));
        assertThat(published.draw(folder).err()).contains("wants class labels", "unCLIP");
    }

    @Test
    void aConfigurationWithoutItsClassIsWhatTheIndexSays() {
        ModelCase published = ModelCase.of("00-plain", folder.resolve("model"));
        Path file = published.model().resolve("text_encoder/config.json");
        ObjectNode config = (ObjectNode) Json.read(file);
        Json.write(file, config.without("architectures"));
        published.draw(folder).succeeds();
        published.requirePicture(folder);
        Path index = published.model().resolve("model_index.json");
        ObjectNode listed = (ObjectNode) Json.read(index);
        listed.putArray("text_encoder").add("transformers").add("");
        Json.write(index, listed);
        published.draw(folder).fails(1, file.toString(), "'architectures'", "model_index.json");
    }

    @Test
    void aModelForOtherTasksIsRefusedBeforeAnyWork() {
        Path model =
                ModelCase.of("06-nine-channel-unet", folder.resolve("model")).model();
        Mixdq.run("infer", "--model", model, "--prompt", "x", "--out", folder.resolve("x.png"))
                .fails(1, "reads 9 channels and gives 4", "inpainting", "text-to-image");
        Mixdq.run("calibrate", "--model", model, "--captions", Shipped.CAPTIONS, "--out", folder.resolve("c"))
                .fails(1, "reads 9 channels and gives 4", "inpainting", "text-to-image");
    }

    @Test
    void theOnlyVariantIsRead() {
        ModelCase published = ModelCase.of("07-bf16-variant", folder.resolve("model"));
        published.draw(folder).succeeds();
        published.requirePicture(folder);
    }

    @Test
    void ofSeveralVariantsOneIsChosen() throws IOException {
        ModelCase published = ModelCase.of("07-bf16-variant", folder.resolve("model"));
        Path unet = published.model().resolve("unet");
        Files.copy(
                unet.resolve("diffusion_pytorch_model.bf16.safetensors"),
                unet.resolve("diffusion_pytorch_model.non_ema.safetensors"));
        published.draw(folder).fails(1, "bf16, non_ema", "--variant");
        published.draw(folder, "--variant", "fp16").fails(2, "fp16", "bf16, non_ema");
        published.draw(folder, "--variant", "non_ema").succeeds();
        published.requirePicture(folder);
        Mixdq.run("info", "--variant", "bf16", published.model()).succeeds();
    }

    @Test
    void eightBitFloatsAreWidened() {
        ModelCase published = ModelCase.of("08-fp8-t5", folder.resolve("model"));
        published.draw(folder).succeeds();
        published.requirePicture(folder);
    }

    @Test
    void infoListsTensorsOfAnyType() throws IOException {
        String header = "{\"__metadata__\":null,\"a\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,2]},"
                + "\"b\":{\"dtype\":\"U16\",\"shape\":[1],\"data_offsets\":[2,4]},"
                + "\"c\":{\"dtype\":\"F8_E8M0\",\"shape\":[2],\"data_offsets\":[4,6]},"
                + "\"d\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[6,10]}}";
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length() + 10).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
        Path file = Files.write(folder.resolve("odd.safetensors"), bytes.array());
        assertThat(Mixdq.run("info", file).succeeds().out())
                .contains("8 numbers in 4 tensors {F32=1, F4=1, F8_E8M0=1, U16=1}");
        assertThat(Mixdq.run("info", "--verify", file).succeeds().out()).contains("[F4, F8_E8M0, U16]");
    }

    @Test
    void aTinyAutoencoderDecodes() {
        ModelCase published = ModelCase.of("13-taesd", folder.resolve("model"));
        published.draw(folder).succeeds();
        published.requirePicture(folder);
    }
}
