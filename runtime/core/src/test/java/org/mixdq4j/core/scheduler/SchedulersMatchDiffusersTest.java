package org.mixdq4j.core.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Trajectories that diffusers' own schedulers (0.40.0.dev0, float32) took: the shipped fixtures, and in
 * {@code scheduler_variants.json} three values a step for every option that the fixtures leave at its usual setting.
 */
class SchedulersMatchDiffusersTest {
    @TestFactory
    List<DynamicTest> shippedFixtures() throws IOException {
        Path fixtures = Path.of(System.getProperty("mixdq.root"), "util_files", "fixtures");
        try (Stream<Path> folders = Files.list(fixtures)) {
            List<DynamicTest> tests = folders.filter(
                            folder -> folder.getFileName().toString().startsWith("sched_"))
                    .sorted()
                    .map(folder -> DynamicTest.dynamicTest(
                            folder.getFileName().toString(),
                            () -> ReferenceTrajectory.ofFixture(folder).check()))
                    .collect(Collectors.toList());
            Assertions.assertThat(tests).hasSizeGreaterThanOrEqualTo(10);
            return tests;
        }
    }

    @TestFactory
    Stream<DynamicTest> variants() throws IOException {
        try (InputStream in = getClass().getResourceAsStream("/scheduler_variants.json")) {
            JsonNode cases = ReferenceTrajectory.JSON.readTree(in);
            Assertions.assertThat(cases).hasSizeGreaterThanOrEqualTo(40);
            Stream.Builder<DynamicTest> tests = Stream.builder();
            for (JsonNode variant : cases) {
                tests.add(DynamicTest.dynamicTest(
                        variant.get("id").textValue(),
                        () -> ReferenceTrajectory.ofVariant(variant).check()));
            }
            return tests.build();
        }
    }
}
