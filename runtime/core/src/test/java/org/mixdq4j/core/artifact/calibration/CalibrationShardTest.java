package org.mixdq4j.core.artifact.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class CalibrationShardTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} samples, {1} steps, {2} rows a step")
    @CsvSource({"1, 1, 1", "3, 1, 1", "2, 4, 1", "3, 2, 2"})
    void readsBackWhatWasWritten(int samples, int steps, int rows) {
        Path file = CalibrationFixture.shard(folder, 0);
        List<CalibrationShard.Samples> written = java.util.stream.IntStream.range(0, samples)
                .mapToObj(i -> CalibrationFixture.sample(i + 10, steps, rows))
                .toList();

        CalibrationShard.write(file, "this set", written, rows);

        try (SafetensorsFile shard = SafetensorsFile.open(file)) {
            assertThat(shard.shape("step.sample")).isEqualTo(Shape.of(samples, steps, rows, 2, 2, 2));
            assertThat(shard.shape("step.timestep")).isEqualTo(Shape.of(samples, steps, rows));
            assertThat(shard.shape("prompt.encoder_hidden_states")).isEqualTo(Shape.of(samples, rows, 3, 2));
            assertThat(shard.shape("output")).isEqualTo(Shape.of(samples, steps, rows, 2, 2, 2));
            assertThat(shard.shape("latents")).isEqualTo(Shape.of(samples, 2, 2, 2));
            List<CalibrationRow> found = CalibrationShard.rows(shard, 10);
            List<CalibrationRow> expected =
                    written.stream().flatMap(s -> s.rows().stream()).toList();
            assertThat(found).hasSameSizeAs(expected);
            for (int i = 0; i < found.size(); i++) {
                same(found.get(i), expected.get(i));
            }
            assertThat(shard.tensor("latents").slice(0, 1).toFloatArray())
                    .containsExactly(written.get(0).latents().toFloatArray());
        }
    }

    private static void same(CalibrationRow found, CalibrationRow expected) {
        assertThat(List.of(found.sample(), found.step(), found.row()))
                .containsExactly(expected.sample(), expected.step(), expected.row());
        assertThat(found.inputs()).containsOnlyKeys(expected.inputs().keySet());
        expected.inputs().forEach((name, value) -> same(found.inputs().get(name), value));
        same(found.output(), expected.output());
    }

    private static void same(Tensor found, Tensor expected) {
        assertThat(found.shape()).isEqualTo(expected.shape());
        assertThat(found.toFloatArray()).containsExactly(expected.toFloatArray());
    }

    @Test
    void belongsToOneSet() {
        Path file = CalibrationFixture.shard(folder, 3);
        CalibrationShard.write(file, "this set", List.of(CalibrationFixture.sample(0, 1, 1)), 1);
        try (SafetensorsFile shard = SafetensorsFile.open(file)) {
            assertThat(CalibrationShard.belongsTo(shard, "this set")).isTrue();
            assertThat(CalibrationShard.belongsTo(shard, "another")).isFalse();
        }
    }

    @Test
    void namesAreTheSameInEveryLanguage() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(CalibrationShard.fileName(12)).isEqualTo("shard-00012.safetensors");
        } finally {
            Locale.setDefault(before);
        }
    }
}
