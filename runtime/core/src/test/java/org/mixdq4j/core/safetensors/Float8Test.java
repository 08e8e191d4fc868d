package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** float8.safetensors was written by torch: all codes of each type and their values, and scaled weights with products. */
class Float8Test {
    private static SafetensorsFolder file;

    @BeforeAll
    static void open() throws URISyntaxException {
        file = SafetensorsFolder.open(
                Path.of(Float8Test.class.getResource("float8.safetensors").toURI()));
    }

    @AfterAll
    static void close() {
        file.close();
    }

    @ParameterizedTest
    @EnumSource(Float8.class)
    void everyCodeIsWidenedExactly(Float8 type) {
        assertThat(file.dtype(type.name())).isEqualTo(DType.F16);
        Tensor widened = file.tensor(type.name());
        float[] expected = file.tensor(type + ".widened").toFloatArray();
        assertThat(bits(widened.toFloatArray())).isEqualTo(bits(expected));
        Tensor rows = file.tensor(type.name(), 3, 5);
        assertThat(rows.buffer()).isEqualTo(widened.slice(3, 5).buffer());
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "row", "list"})
    void aScaleBesideAWeightIsMultipliedIn(String name) {
        String weight = name + ".weight";
        assertThat(file.dtype(weight)).isEqualTo(DType.F32);
        Tensor scaled = file.tensor(weight);
        assertThat(scaled.toFloatArray())
                .containsExactly(file.tensor(name + ".expected").toFloatArray());
        assertThat(file.tensor(weight, 1, 3).buffer())
                .isEqualTo(scaled.slice(1, 3).buffer());
        assertThat(file.storedType(weight)).isEqualTo("F8_E4M3");
    }

    @Test
    void scalesAndMarkersAreStoredButAreNoWeights() {
        String[] others = {"one.scale_weight", "one.scale_input", "row.weight_scale", "scaled_fp8"};
        assertThat(file.storedNames()).contains(others);
        assertThat(file.names()).doesNotContain(others);
    }

    @Test
    void scalesOfOtherKindsAreRefused() {
        assertThatThrownBy(() -> file.tensor("block.weight"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("block.weight_scale_inv", "not read", "FP16");
        assertThatThrownBy(() -> file.tensor("wrong.weight"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContainingAll("wrong.weight_scale", "[3]", "[4, 3]", "one a row");
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToIntBits(values[i]);
        }
        return bits;
    }
}
