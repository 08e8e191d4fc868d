package org.mixdq4j.core.artifact.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A checkpoint whose files were written before the format's version was raised. */
class EarlierVersionTest {
    @TempDir
    private Path folder;

    private ObjectNode config;

    @BeforeEach
    void writtenAsVersion2() throws Exception {
        QuantizationConfig now = new QuantizationConfig(
                "unet",
                new ModelFingerprint(Map.of("unet", "0".repeat(64))),
                "",
                Json.mapper().createObjectNode().put("momentum", 0.95),
                "0".repeat(64),
                Map.of("conv_in", new LayerQuant(Optional.of(new WeightQuant(8)), Optional.empty(), List.of(), false)),
                Map.of());
        config = now.toJson().put("version", 2);
        ObjectNode signed = config.deepCopy();
        signed.remove("weights_sha256");
        Path weights = QuantizedCheckpoint.weightsFile(folder, "unet");
        Files.createDirectories(weights.getParent());
        SafetensorsWriter.write(
                weights,
                Map.of("conv_in.weight_scale", Tensor.of(Shape.of(1), 1f)),
                Map.of(
                        CheckpointFormat.CONFIG_DIGEST,
                        Sha256.of(signed.toString().getBytes())));
        Json.write(folder.resolve(CheckpointFormat.CONFIG_FILE), config);
    }

    @Test
    void isOpened() {
        try (QuantizedCheckpoint checkpoint = QuantizedCheckpoint.open(folder)) {
            assertThat(checkpoint.config().layers()).containsOnlyKeys("conv_in");
        }
    }

    @Test
    void isRefusedIfItWasEdited() {
        ((ObjectNode) config.get("scheme")).put("momentum", 0.9);
        Json.write(folder.resolve(CheckpointFormat.CONFIG_FILE), config);
        assertThatThrownBy(() -> QuantizedCheckpoint.open(folder))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("it was edited");
    }
}
