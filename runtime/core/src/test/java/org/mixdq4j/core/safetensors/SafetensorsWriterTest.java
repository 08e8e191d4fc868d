package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mixdq4j.core.safetensors.SafetensorsRoundTripTest.assertSame;
import static org.mixdq4j.core.safetensors.SafetensorsRoundTripTest.filled;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class SafetensorsWriterTest {
    private final Tensor weight = filled(DType.F16, Shape.of(4, 3), 1);
    private final Tensor scale = filled(DType.F32, Shape.of(4), 2);
    private final Map<String, TensorInfo> layout = new LinkedHashMap<>();

    @TempDir
    Path dir;

    private Path path;

    @BeforeEach
    void layOut() {
        path = dir.resolve("x.safetensors");
        layout.put("weight", TensorInfo.of(weight));
        layout.put("none", new TensorInfo(DType.I8, Shape.of(0, 7)));
        layout.put("scale", TensorInfo.of(scale));
    }

    @Test
    void writesTheBytesTheFormatPrescribes() throws IOException {
        try (SafetensorsWriter writer = SafetensorsWriter.create(path, layout, Map.of("b", "2", "a", "1"))) {
            writer.write("weight", weight);
            writer.write("scale", scale);
            writer.finish();
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[Math.toIntExact(bytes.getLong())];
        bytes.get(header);
        assertThat(header.length % 8).isZero();
        assertThat(new String(header, StandardCharsets.UTF_8).stripTrailing())
                .isEqualTo("{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"},"
                        + "\"weight\":{\"dtype\":\"F16\",\"shape\":[4,3],\"data_offsets\":[0,24]},"
                        + "\"none\":{\"dtype\":\"I8\",\"shape\":[0,7],\"data_offsets\":[24,24]},"
                        + "\"scale\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[24,40]}}");
        assertThat(bytes.slice(bytes.position(), 24)).isEqualTo(weight.buffer());
        assertThat(bytes.slice(bytes.position() + 24, 16)).isEqualTo(scale.buffer());
        assertThat(bytes.remaining()).isEqualTo(40);
    }

    @Test
    void takesATensorInRows() {
        try (SafetensorsWriter writer = SafetensorsWriter.create(path, layout, Map.of())) {
            writer.writeRows("weight", weight.slice(0, 1));
            writer.writeRows("weight", weight.slice(1, 4));
            writer.write("none", Tensor.zeros(DType.I8, Shape.of(0, 7)));
            writer.writeRows("scale", scale);
            writer.finish();
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertSame(file.tensor("weight"), weight);
            assertSame(file.tensor("scale"), scale);
        }
    }

    @Test
    void equalInputGivesEqualBytesInAnAlignedOrder() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("packed", filled(DType.U8, Shape.of(3), 1));
        tensors.put("scale", scale);
        tensors.put("bias", scale);
        Map<String, Tensor> reversed = new LinkedHashMap<>();
        reversed.put("bias", scale);
        reversed.put("scale", scale);
        reversed.put("packed", filled(DType.U8, Shape.of(3), 1));
        Path other = dir.resolve("y.safetensors");
        SafetensorsWriter.write(path, tensors, Map.of("a", "1", "b", "2", "c", "3"));
        SafetensorsWriter.write(other, reversed, Map.of("c", "3", "b", "2", "a", "1"));
        assertThat(Files.readAllBytes(path)).isEqualTo(Files.readAllBytes(other));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.names()).containsExactly("bias", "scale", "packed");
        }
    }

    @Test
    void leavesNothingBehindWhenNotFinished() {
        try (SafetensorsWriter writer = SafetensorsWriter.create(path, layout, Map.of())) {
            writer.write("weight", weight);
            assertThat(dir).isNotEmptyDirectory();
            assertThat(path).doesNotExist();
        }
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void keepsTheOldFileWhenNotFinished() throws IOException {
        Files.writeString(path, "old");
        try (SafetensorsWriter writer = SafetensorsWriter.create(path, layout, Map.of())) {
            writer.write("weight", weight);
            assertThatThrownBy(writer::finish)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("lacks data", "'scale'");
        }
        assertThat(path).hasContent("old");
        assertThat(dir).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void refusesDataThatDoesNotFollowTheLayout() {
        try (SafetensorsWriter writer = SafetensorsWriter.create(path, layout, Map.of())) {
            assertThatThrownBy(() -> writer.write("scale", scale))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("'scale'", "expected 'weight'");
            assertThatThrownBy(() -> writer.write("weight", scale)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.writeRows("weight", filled(DType.F16, Shape.of(1, 4), 0)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.writeRows("weight", filled(DType.BF16, Shape.of(1, 3), 0)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.writeRows("weight", filled(DType.F16, Shape.of(5, 3), 0)))
                    .isInstanceOf(IllegalArgumentException.class);
            writer.writeRows("weight", weight.slice(0, 2));
            assertThatThrownBy(() -> writer.write("weight", weight)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> writer.write("scale", scale)).isInstanceOf(IllegalStateException.class);
            writer.writeRows("weight", weight.slice(2, 4));
            writer.write("scale", scale);
            assertThatThrownBy(() -> writer.write("more", scale))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("expected no more");
            writer.finish();
        }
        assertThat(path).exists();
    }

    @Test
    void laysOutOffsetsBeyond2GiB() throws IOException {
        Map<String, TensorInfo> large = new LinkedHashMap<>();
        large.put("large", new TensorInfo(DType.F32, Shape.of(3 << 18, 1024)));
        large.put("scale", TensorInfo.of(scale));
        try (SafetensorsWriter writer = SafetensorsWriter.create(path, large, Map.of());
                Stream<Path> files = Files.list(dir)) {
            assertThat(files).singleElement().satisfies(temporary -> assertThat(
                            Files.readString(temporary, StandardCharsets.ISO_8859_1))
                    .contains("[0,3221225472]", "[3221225472,3221225488]"));
        }
    }

    @Test
    void saysWhyItCannotWriteThere() throws IOException {
        Path file = Files.writeString(dir.resolve("plain"), "x");
        assertThatThrownBy(() -> SafetensorsWriter.create(file.resolve("x.safetensors"), layout, Map.of()))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(file + " is a file, not a folder");
    }
}
