package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** Checkpoints with balanced channels in the form of ComfyUI, which knows of no factors. */
class ComfyBalancedTest {
    private static final String BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0";
    private static final String WRITTEN = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0";

    @TempDir
    Path folder;

    private byte[] picture(Path quantized) {
        Path out = folder.resolve("picture.png");
        Mixdq.run(Mixdq.join(Shipped.infer(Shipped.MODEL, out), "--quantized", quantized))
                .succeeds();
        return Png.decode(out).rgb();
    }

    @Test
    void normsMakeTheFactors() throws IOException {
        String comfy = Files.readString(Shipped.ROOT.resolve("configs/schemes/comfy.yaml"));
        String balanced = comfy.replace("worst: 0.01", "worst: 0")
                .replace("balance: false", "balance: true")
                .replace("rotate: auto", "rotate: off");
        assertThat(balanced).contains("balance: true", "rotate: off", "worst: 0\n");
        Path scheme = Files.writeString(folder.resolve("balanced.yaml"), balanced);
        Path checkpoint = folder.resolve("checkpoint");
        Mixdq.run(Shipped.ptq(Shipped.MODEL, Shipped.calibration(), scheme, checkpoint))
                .succeeds();
        Path file = folder.resolve("balanced.safetensors");
        JsonNode summary = Json.parse(
                Mixdq.run(
                                "export",
                                "--model",
                                Shipped.MODEL,
                                "--quantized",
                                checkpoint,
                                "--format",
                                "comfy",
                                "--out",
                                file,
                                "--json")
                        .succeeds()
                        .out(),
                "summary");
        List<String> folded = list(summary.path("factors_in_norms"));
        List<String> floats = list(summary.path("in_fp16").path("balanced channels"));
        assertThat(folded).anyMatch(id -> id.endsWith("attn1.to_q")).anyMatch(id -> id.endsWith("ff.net.0.proj"));
        assertThat(list(summary.path("integer_layers"))).containsAll(folded).doesNotContainAnyElementsOf(floats);
        // What follows attention or a gate has no norm before it.
        assertThat(floats).isNotEmpty().noneMatch(id -> id.endsWith("attn1.to_q"));
        assertThat(summary.path("approximated")).isEmpty();

        try (QuantizedCheckpoint quantized = QuantizedCheckpoint.open(checkpoint);
                SafetensorsFile written = SafetensorsFile.open(file);
                SafetensorsFile model = SafetensorsFile.open(Shipped.MODEL.resolve(Shipped.UNET_WEIGHTS))) {
            String id = folded.stream()
                    .filter(layer -> layer.startsWith(BLOCK))
                    .findFirst()
                    .orElseThrow();
            String norm = id.contains("attn1") ? "norm1" : id.contains("attn2") ? "norm2" : "norm3";
            QuantizedLayer layer = quantized.layers().get(id);
            float[] factors = layer.inputMultiplier().orElseThrow();
            for (String parameter : List.of("." + norm + ".weight", "." + norm + ".bias")) {
                Tensor found = written.tensor(WRITTEN + parameter);
                assertThat(found.dtype()).isEqualTo(DType.F32);
                float[] expected = model.tensor(BLOCK + parameter).toFloatArray();
                for (int i = 0; i < expected.length; i++) {
                    expected[i] *= factors[i];
                }
                assertThat(found.toFloatArray()).containsExactly(expected);
            }
            assertThat(written.tensor(WRITTEN + id.substring(BLOCK.length()) + ".weight")
                            .buffer())
                    .isEqualTo(layer.segments().get(0).weight().buffer());
        }
        // More layers are in float than in the checkpoint, so pictures are near, not equal.
        assertThat(meanDifference(picture(file), picture(checkpoint))).isLessThan(2);
    }

    private static List<String> list(JsonNode array) {
        List<String> found = new ArrayList<>();
        array.forEach(value -> found.add(value.asText()));
        return found;
    }

    private static double meanDifference(byte[] one, byte[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += Math.abs((one[i] & 0xff) - (other[i] & 0xff));
        }
        return sum / one.length;
    }
}
