package org.mixdq4j.core.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** Every file that ships, all written by the reference implementation. */
class ShippedSafetensorsTest {
    private static final Path SHIPPED = Path.of(System.getProperty("mixdq.root"), "util_files");

    @TempDir
    Path dir;

    @TestFactory
    List<DynamicTest> survivesReadingAndWriting() throws IOException {
        try (Stream<Path> files = Files.walk(SHIPPED)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
            assertThat(found).isNotEmpty();
            return found.stream()
                    .map(file ->
                            DynamicTest.dynamicTest(SHIPPED.relativize(file).toString(), () -> check(file)))
                    .toList();
        }
    }

    private void check(Path path) {
        Path copy = dir.resolve("copy.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            // 8-bit floats are widened as they are read, and written as what they were widened to.
            file.names().stream()
                    .filter(name -> DType.ofName(file.storedType(name)).isPresent())
                    .forEach(name -> tensors.put(name, file.tensor(name)));
            assertThat(tensors).isNotEmpty();
            SafetensorsWriter.write(copy, tensors, file.metadata());
            try (SafetensorsFile again = SafetensorsFile.open(copy)) {
                assertThat(again.metadata()).isEqualTo(file.metadata());
                assertThat(again.names()).hasSameSizeAs(tensors.keySet());
                tensors.forEach((name, tensor) -> SafetensorsRoundTripTest.assertSame(again.tensor(name), tensor));
            }
        }
    }
}
