package org.mixdq4j.torch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.parity.ParityCheck;
import org.mixdq4j.core.parity.ParityResult;
import org.mixdq4j.core.safetensors.SafetensorsFile;

/** Every recorded output and inner value of diffusers and transformers is computed to 1e-4 of its largest element. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FixtureParityTest {
    private static final Path FIXTURES = Path.of(System.getProperty("mixdq.root"), "util_files", "fixtures");
    private static final double TOLERANCE = 1e-4;

    private InstrumentedExecutor executor;

    static List<String> networks() throws IOException {
        try (Stream<Path> folders = Files.list(FIXTURES)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.matches("(unet|clip|vae|mmdit)_.*|t5"))
                    .sorted()
                    .toList();
        }
    }

    @BeforeAll
    void open() {
        executor = Executors.instrumented();
    }

    @AfterAll
    void close() {
        executor.close();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void equalsTheOriginal(String name) {
        Path folder = FIXTURES.resolve(name);
        List<ParityResult> results = ParityCheck.run(folder, executor);
        results.forEach(result -> System.out.printf("%-22s %-80s %.1e%n", name, result.name(), result.relative()));
        try (SafetensorsFile io = SafetensorsFile.open(folder.resolve("io.safetensors"))) {
            assertThat(results.stream().map(ParityResult::name))
                    .containsExactlyInAnyOrderElementsOf(io.names().stream()
                            .filter(n -> !n.startsWith("in."))
                            .toList());
        }
        assertThat(results).allMatch(result -> result.within(TOLERANCE));
    }

    @Test
    void coversAllNetworks() throws IOException {
        assertThat(networks()).hasSize(15);
    }
}
