package org.mixdq4j.core.artifact.checkpoint.comfy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Layers that comfy-kitchen 7d86acf quantized, and what its eager linear gave for an input: {@code m.x} and {@code m.y}. Rows
 * of the inputs are of random widths by channel; row 0 has an outlier, row 1 is zero.
 */
class ComfyKitchenTest {
    private static final int ROWS = 5;

    private static ComfyModules open() {
        try {
            return ComfyModules.open(Path.of(ComfyKitchenTest.class
                    .getResource("comfy_kitchen.safetensors")
                    .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static QuantizedLayer layer(ComfyModules modules, String module) {
        ComfyFormat.Form form = modules.form(module).orElseThrow();
        SafetensorsFile file = modules.file();
        int rows = file.shape(module + ".weight").dim(0);
        Tensor weight = modules.integers(module, form, 0, rows);
        Optional<Tensor> bias =
                Optional.of(module + ".bias").filter(file::contains).map(file::tensor);
        Segment segment = new Segment(
                0, weight.shape().dim(1), weight, modules.scales(module, form), Optional.of(new TokenParams(8)));
        return new QuantizedLayer(List.of(segment), bias, false, Optional.empty(), form.rotation());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rows", "tensor", "convrot16", "convrot64", "convrot256", "w4a8", "w4a8_f32", "w4a8_plain"})
    void ourLinearGivesWhatTheirsGives(String module) {
        try (ComfyModules modules = open()) {
            QuantizedLayer layer = layer(modules, module);
            float[] x = modules.file().tensor(module + ".x").toFloatArray();
            float[] theirs = modules.file().tensor(module + ".y").toFloatArray();
            int outputs = theirs.length / ROWS;
            float[] bias = layer.bias().map(Tensor::toFloatArray).orElse(new float[outputs]);
            float[] ours = ReferenceLinear.run(layer.segments(), bias, layer.read(x), ROWS);
            double largest = 0;
            for (float value : theirs) {
                largest = Math.max(largest, Math.abs(value));
            }
            for (int i = 0; i < theirs.length; i++) {
                assertThat((double) ours[i])
                        .as("row %d, output %d", i / outputs, i % outputs)
                        .isCloseTo(theirs[i], org.assertj.core.data.Offset.offset(1e-6 * largest));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"w4a8, 16, 256", "w4a8_f32, 32, 64", "w4a8_plain, 8, 16"})
    void codesExpandToTheIntegersThatTheyMultiply(String module, int group, int rotation) {
        try (ComfyModules modules = open()) {
            ComfyFormat.Form form = modules.form(module).orElseThrow();
            assertThat(form).isEqualTo(new ComfyFormat.Form(rotation, group));
            Tensor theirs = modules.file().tensor(module + ".int8");
            int rows = theirs.shape().dim(0);
            Tensor ours = modules.integers(module, form, 0, rows);
            assertThat(ours.shape()).isEqualTo(theirs.shape());
            assertThat(ours.buffer()).isEqualTo(theirs.buffer());
            assertThat(modules.integers(module, form, 2, 5).buffer())
                    .isEqualTo(theirs.slice(2, 5).buffer());
        }
    }

    @Test
    void whatIsInFloatIsNoneOfThem() {
        try (ComfyModules modules = open()) {
            assertThat(modules.form("rows.x")).isEmpty();
            assertThat(modules.form("nothing")).isEmpty();
        }
    }
}
