package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights files of models as people publish them. */
class WeightsCasesTest {
    @TempDir
    Path folder;

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
}
