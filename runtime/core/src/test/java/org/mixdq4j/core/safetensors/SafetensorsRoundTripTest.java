package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class SafetensorsRoundTripTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @EnumSource(DType.class)
    void keepsEveryBitOfEveryType(DType dtype) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("scalar", filled(dtype, Shape.of(), 1));
        tensors.put("matrix", filled(dtype, Shape.of(3, 5), 2));
        tensors.put("empty", filled(dtype, Shape.of(4, 0, 2), 3));
        tensors.put("no rows", filled(dtype, Shape.of(0), 4));
        Path path = dir.resolve("x.safetensors");
        SafetensorsWriter.write(path, tensors, Map.of("format", "pt"));

        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
            assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
            tensors.forEach((name, expected) -> {
                assertThat(file.dtype(name)).isEqualTo(dtype);
                assertThat(file.shape(name)).isEqualTo(expected.shape());
                assertThat(file.byteSize(name)).isEqualTo(expected.buffer().capacity());
                assertSame(file.tensor(name), expected);
            });
        }
    }

    @Test
    void namesComeInTheOrderOfTheData() {
        String header = "{" + RawFile.tensor("late", "U8", "[1]", "[2,3]") + ","
                + RawFile.tensor("early", "U8", "[2]", "[0,2]") + "}   ";
        Path path = RawFile.write(dir.resolve("x.safetensors"), RawFile.bytes(header, 3));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).containsExactly("early", "late");
        }
    }

    @Test
    void readsRowsOfTheFirstAxis() {
        Path path = dir.resolve("x.safetensors");
        Tensor whole = filled(DType.F16, Shape.of(6, 2, 3), 9);
        SafetensorsWriter.write(path, Map.of("w", whole, "s", filled(DType.F32, Shape.of(), 1)), Map.of());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertSame(file.tensor("w", 2, 5), whole.slice(2, 5));
            assertSame(file.tensor("w", 6, 6), whole.slice(6, 6));
            assertThatThrownBy(() -> file.tensor("w", 4, 7)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> file.tensor("s", 0, 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void givesAlignedMemoryEvenIfTheFileIsMisaligned() {
        byte[] data = {7, 0, 0, (byte) 128, 63};
        String header = "{" + RawFile.tensor("a", "U8", "[1]", "[0,1]") + ","
                + RawFile.tensor("b", "F32", "[1]", "[1,5]") + "}";
        header += " ".repeat(8 - header.length() % 8);
        Path path = RawFile.write(dir.resolve("x.safetensors"), RawFile.bytes(header, header.length(), data));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            Tensor b = file.tensor("b");
            assertThat(b.toFloatArray()).containsExactly(1f);
            assertThat(b.buffer().alignmentOffset(0, 4)).isZero();
        }
    }

    @Test
    void tensorsAreReadOnlyViewsThatOutliveTheFile() throws IOException {
        Path path = dir.resolve("x.safetensors");
        SafetensorsWriter.write(path, Map.of("w", Tensor.of(Shape.of(2), 3f, 4f)), Map.of());
        Tensor tensor;
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            tensor = file.tensor("w");
        }
        Files.delete(path);
        assertThat(tensor.buffer().isReadOnly()).isTrue();
        assertThat(tensor.toFloatArray()).containsExactly(3f, 4f);
    }

    @Test
    void namesAndMetadataMayHoldAnyText() {
        Path path = dir.resolve("x.safetensors");
        Map<String, String> metadata = Map.of("z", "\"quoted\"\n", "é", "{\"json\": 1}");
        SafetensorsWriter.write(path, Map.of("w\"é\n.weight", Tensor.of(Shape.of(1), 1f)), metadata);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).containsExactly("w\"é\n.weight");
            assertThat(file.metadata()).isEqualTo(metadata);
        }
    }

    @Test
    void aFileWithoutTensorsIsValid() {
        Path path = dir.resolve("x.safetensors");
        SafetensorsWriter.write(path, Map.of(), Map.of());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).isEmpty();
        }
    }

    /** Bytes that cover NaNs, subnormals and signs of all types, since nothing may interpret them. */
    static Tensor filled(DType dtype, Shape shape, int seed) {
        Tensor tensor = Tensor.zeros(dtype, shape);
        ByteBuffer bytes = tensor.buffer();
        for (int i = 0; bytes.hasRemaining(); i++) {
            bytes.put((byte) (seed * 37 + i * 101));
        }
        return tensor;
    }

    static void assertSame(Tensor actual, Tensor expected) {
        assertThat(actual.dtype()).isEqualTo(expected.dtype());
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.buffer()).isEqualTo(expected.buffer());
    }
}
