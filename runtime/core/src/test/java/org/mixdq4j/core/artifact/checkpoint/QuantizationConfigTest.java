package org.mixdq4j.core.artifact.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;

class QuantizationConfigTest {
    @TempDir
    Path folder;

    private static QuantizationConfig config() {
        Map<String, LayerQuant> layers = new LinkedHashMap<>();
        layers.put("z.conv", quant(8, 8, List.of(64, 128), false));
        layers.put("a.to_k", quant(4, 6, List.of(), true));
        layers.put("a.fc", new LayerQuant(Optional.of(new WeightQuant(2)), Optional.empty(), List.of(), false));
        layers.put("b.fc", new LayerQuant(Optional.empty(), Optional.of(new ActivationQuant(8)), List.of(), false));
        ActivationQuant token = new ActivationQuant(8, ActivationQuant.Granularity.TOKEN);
        layers.put("b.proj", new LayerQuant(Optional.of(new WeightQuant(4, 32)), Optional.of(token), List.of(), false));
        layers.put("c.proj", layers.get("b.proj").balanced(true));
        layers.put("d.proj", layers.get("b.proj").rotated(64));
        return new QuantizationConfig(
                "unet",
                new ModelFingerprint(Map.of("unet", "aa".repeat(32), "vae", "bb".repeat(32))),
                "cc".repeat(32),
                Json.parse("{\"name\": \"w8a8\", \"split\": true}", "scheme"),
                "dd".repeat(32),
                layers,
                Map.of("conv_in", "reads the network's input"));
    }

    private static LayerQuant quant(int weight, int activation, List<Integer> split, boolean bos) {
        return new LayerQuant(
                Optional.of(new WeightQuant(weight)), Optional.of(new ActivationQuant(activation)), split, bos);
    }

    private void write(ObjectNode json) {
        Json.write(folder.resolve("quantization_config.json"), json);
    }

    @Test
    void readsBackWhatWasWritten() {
        assertThat(QuantizationConfig.isIn(folder)).isFalse();
        write((ObjectNode) config().toJson());

        QuantizationConfig read = QuantizationConfig.read(folder);

        assertThat(QuantizationConfig.isIn(folder)).isTrue();
        assertThat(read).isEqualTo(config());
        assertThat(read.layers().keySet())
                .containsExactly("z.conv", "a.to_k", "a.fc", "b.fc", "b.proj", "c.proj", "d.proj");
    }

    @ParameterizedTest(name = "version {0}")
    @ValueSource(ints = {1, 2})
    void readsThoseOfEarlierVersions(int version) {
        ObjectNode json = (ObjectNode) config().toJson();
        ObjectNode layers = (ObjectNode) json.get("layers");
        layers.remove("b.proj");
        layers.remove("c.proj");
        layers.remove("d.proj");
        write(json.put("version", version));

        Map<String, LayerQuant> expected = new LinkedHashMap<>(config().layers());
        expected.keySet().removeAll(List.of("b.proj", "c.proj", "d.proj"));
        assertThat(QuantizationConfig.read(folder).layers()).isEqualTo(expected);
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                wrong("foreign format", j -> j.put("format", "gguf"), "of the format 'gguf', not mixdq4j-quantized"),
                wrong("no format", j -> j.remove("format"), "of the format 'unknown'"),
                wrong("newer version", j -> j.put("version", 5), "has format version 5, this mixdq reads up to 4"),
                wrong("version 0", j -> j.put("version", 0), "has format version 0"),
                wrong("no version", j -> j.remove("version"), "has format version 0"),
                wrong("no layers", j -> j.remove("layers"), "names no quantized layers"),
                wrong("no component", j -> j.remove("component"), "it is damaged"),
                wrong("bits", j -> layer(j).put("weight_bits", 9), "weights are quantized to 2 to 8 bits, not 9"),
                wrong("bits", j -> layer(j).put("activation_bits", 1), "2 to 8 bits, not 1"),
                wrong("granularity", j -> layer(j).put("activation_granularity", "row"), "'row', not tensor or token"),
                wrong("rotation", j -> layer(j).put("rotation", 48), "a power of 4 features, not 48"),
                wrong("rotation in words", j -> layer(j).put("rotation", "64"), "not a number"));
    }

    private static Arguments wrong(String name, Consumer<ObjectNode> harm, String message) {
        return Arguments.arguments(name, harm, message);
    }

    private static ObjectNode layer(ObjectNode json) {
        return (ObjectNode) json.path("layers").path("z.conv");
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("wrong")
    void refusesWhatItCannotRead(String name, Consumer<ObjectNode> harm, String message) {
        ObjectNode json = (ObjectNode) config().toJson();
        harm.accept(json);
        write(json);

        assertThatThrownBy(() -> QuantizationConfig.read(folder))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("quantization_config.json")
                .hasMessageContaining(message);
    }

    @Test
    void refusesAFolderWithoutOne() {
        assertThatThrownBy(() -> QuantizationConfig.read(folder))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("no finished quantized checkpoint");
    }
}
