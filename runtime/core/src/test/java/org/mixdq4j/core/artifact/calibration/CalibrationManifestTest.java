package org.mixdq4j.core.artifact.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.source.ModelFingerprint;

class CalibrationManifestTest {
    @TempDir
    Path folder;

    private final CalibrationManifest manifest = CalibrationFixture.manifest(5, 2, 1, 2);

    @Test
    void readsBackWhatWasWritten() {
        CalibrationManifest finished = manifest.finished(List.of("a", "b", "c"));
        finished.write(folder);

        CalibrationManifest read = CalibrationManifest.read(folder).orElseThrow();

        assertThat(read).isEqualTo(finished);
        assertThat(read.difference(manifest)).isEmpty();
        assertThat(manifest.difference(read)).isEmpty();
        assertThat(read.identity()).isEqualTo(manifest.identity());
        assertThat(read.finished()).isTrue();
        assertThat(manifest.finished()).isFalse();
        assertThat(CalibrationManifest.read(folder.resolve("none"))).isEmpty();
    }

    @Test
    void numbersStayNumbersInTheFile() {
        manifest.write(folder);
        var settings = Json.read(CalibrationManifest.file(folder)).path("settings");
        assertThat(settings.path("base_seed").isIntegralNumber()).isTrue();
        assertThat(settings.at("/scheduler/lambda_min_clipped").doubleValue()).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest(name = "{0} samples in shards of {1}: {2} shards, the last from {3} to {0}")
    @CsvSource({"5, 2, 3, 4", "4, 2, 2, 2", "1, 16, 1, 0", "3, 2147483647, 1, 0", "3, 2147483646, 1, 0", "3, 1, 3, 2"})
    void partsSamplesIntoShards(int samples, int shardSamples, int count, int first) {
        CalibrationManifest some = CalibrationFixture.manifest(samples, 1, 1, shardSamples);
        assertThat(some.shardCount()).isEqualTo(count);
        assertThat(some.firstSample(count - 1)).isEqualTo(first);
        assertThat(some.lastSample(count - 1)).isEqualTo(samples);
    }

    private static CalibrationManifest with(Consumer<ObjectNode> change) {
        ObjectNode settings = CalibrationFixture.settings(2);
        change.accept(settings);
        CalibrationManifest plain = CalibrationFixture.manifest(5, 2, 1, 2);
        return new CalibrationManifest(plain.model(), settings, 1, 2, plain.samples(), List.of());
    }

    static Stream<Arguments> changes() {
        CalibrationManifest plain = CalibrationFixture.manifest(5, 2, 1, 2);
        List<CalibrationSample> captions = new ArrayList<>(plain.samples());
        captions.set(1, new CalibrationSample(101, "another", captions.get(1).seed()));
        return Stream.of(
                change(with(s -> s.put("steps", 3)), "steps 2 instead of 3"),
                change(with(s -> s.put("guidance", 2.0)), "guidance 2.5 instead of 2.0"),
                change(with(s -> s.put("base_seed", 7L)), "base_seed 42 instead of 7"),
                change(with(s -> s.put("negative_prompt", "ugly")), "negative_prompt null instead of \"ugly\""),
                change(with(s -> s.remove("guidance")), "guidance 2.5 instead of unset"),
                change(with(s -> s.put("clip_skip", 1)), "clip_skip unset instead of 1"),
                change(
                        new CalibrationManifest(
                                new ModelFingerprint(Map.of("unet", "00".repeat(32))),
                                plain.settings(),
                                1,
                                2,
                                plain.samples(),
                                List.of()),
                        "another model"),
                change(CalibrationFixture.manifest(6, 2, 1, 2), "5 samples instead of 6"),
                change(CalibrationFixture.manifest(5, 2, 1, 3), "shards of 2 samples instead of 3"),
                change(
                        new CalibrationManifest(plain.model(), plain.settings(), 1, 2, captions, List.of()),
                        "other captions or seeds"));
    }

    private static Arguments change(CalibrationManifest other, String expected) {
        return Arguments.arguments(expected, other);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void namesWhatDiffersEvenFromOneReadFromAFile(String expected, CalibrationManifest other) {
        manifest.write(folder);
        CalibrationManifest read = CalibrationManifest.read(folder).orElseThrow();

        assertThat(read.difference(other)).contains(expected);
        assertThat(read.identity()).isNotEqualTo(other.identity());
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                Arguments.arguments("of another format", damage(j -> j.put("format", "x")), "is of the format 'x'"),
                Arguments.arguments("of another version", damage(j -> j.put("version", 9)), "version 9"),
                Arguments.arguments("without samples", damage(j -> j.remove("samples")), "lists no samples"),
                Arguments.arguments("without settings", damage(j -> j.remove("settings")), "settings"),
                Arguments.arguments("of no shard size", damage(j -> j.put("shard_samples", 0)), "calibrate"),
                Arguments.arguments("of no rows", damage(j -> j.put("rows", 0)), "calibrate"));
    }

    private static Consumer<ObjectNode> damage(Consumer<ObjectNode> harm) {
        return harm;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damages")
    void refusesAManifest(String name, Consumer<ObjectNode> harm, String message) {
        manifest.write(folder);
        ObjectNode json = (ObjectNode) Json.read(CalibrationManifest.file(folder));
        harm.accept(json);
        Json.write(CalibrationManifest.file(folder), json);

        assertThatThrownBy(() -> CalibrationManifest.read(folder))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("manifest.json")
                .hasMessageContaining(message);
    }
}
