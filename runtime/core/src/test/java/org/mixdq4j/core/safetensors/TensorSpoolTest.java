package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Tensors that come in any order make the file that they make when all are there at once. */
class TensorSpoolTest {
    @TempDir
    Path dir;

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    TensorSpoolTest() {
        Tensor bytes = Tensor.zeros(DType.I8, Shape.of(3, 5));
        for (int i = 0; i < 15; i++) {
            bytes.buffer().put(i, (byte) (7 * i));
        }
        tensors.put("weight", bytes);
        tensors.put("nothing", Tensor.zeros(DType.F16, Shape.of(0, 4)));
        tensors.put("scale", Tensor.of(Shape.of(3), 0.5f, 1, 2));
        tensors.put("ids", Tensor.ofLongs(Shape.of(2), 9, -9));
    }

    private void writeSpooled(Path target) {
        try (TensorSpool spool = TensorSpool.beside(target)) {
            tensors.forEach(spool::put);
            assertThat(spool.infos().keySet()).containsExactlyElementsOf(tensors.keySet());
            Map<String, TensorInfo> layout = SafetensorsWriter.aligned(spool.infos());
            try (SafetensorsWriter writer = SafetensorsWriter.create(target, layout, Map.of("a", "b"))) {
                layout.keySet().forEach(name -> writer.write(name, spool));
                writer.finish();
            }
        }
    }

    @Test
    void theFileIsTheSameAndNothingElseIsLeft() throws IOException {
        Path atOnce = dir.resolve("at_once.safetensors");
        Path spooled = dir.resolve("spooled.safetensors");
        SafetensorsWriter.write(atOnce, tensors, Map.of("a", "b"));
        writeSpooled(spooled);
        assertThat(spooled).hasSameBinaryContentAs(atOnce);
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).containsExactlyInAnyOrder(atOnce, spooled);
        }
    }

    @Test
    void refusesWhatItDoesNotHave() {
        Path target = dir.resolve("x.safetensors");
        try (TensorSpool spool = TensorSpool.beside(target)) {
            spool.put("a", Tensor.of(Shape.of(1), 1));
            assertThatThrownBy(() -> spool.put("a", Tensor.of(Shape.of(1), 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'a'");
            Map<String, TensorInfo> layout = Map.of("b", new TensorInfo(DType.F32, Shape.of(1)));
            try (SafetensorsWriter writer = SafetensorsWriter.create(target, layout, Map.of())) {
                assertThatThrownBy(() -> writer.write("b", spool))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("'b'");
            }
        }
        assertThat(target).doesNotExist();
    }
}
