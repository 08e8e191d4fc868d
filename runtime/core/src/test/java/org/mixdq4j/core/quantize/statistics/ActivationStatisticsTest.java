package org.mixdq4j.core.quantize.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsWriter;
import org.mixdq4j.core.tensor.Tensor;

class ActivationStatisticsTest {
    private static final StatisticsKey WHOLE = new StatisticsKey("up.0.conv", 0, 3, false);
    private static final StatisticsKey PART = new StatisticsKey("up.0.conv", 1, 3, true);

    private static final TimestepBuckets BUCKETS = TimestepBuckets.of(List.of(999.0, 8.928571701049805));

    @TempDir
    Path folder;

    private Path file;
    private final Map<StatisticsKey, TensorStatistics> entries = new LinkedHashMap<>();

    @BeforeEach
    void write() {
        file = folder.resolve("statistics.safetensors");
        float[] values = {1, -2, 3, 0.1f, 1e-20f, -7};
        TensorStatistics whole = new TensorStatistics(3, BUCKETS.count());
        whole.add(values, 3, 1, 0, 3, 0, 1);
        whole.endBatch(0.9);
        whole.add(1, new float[] {9, 0, -0.3f}, 3, 1, 0, 3, 0, 1);
        whole.endBatch(0.9);
        TensorStatistics part = new TensorStatistics(2, BUCKETS.count());
        part.add(values, 3, 1, 1, 3, 1, 2);
        entries.put(WHOLE, whole);
        entries.put(PART, part);
        new ActivationStatistics(entries, BUCKETS).write(file, "of this set");
    }

    @Test
    void readsBackWhatWasWritten() {
        ActivationStatistics read =
                ActivationStatistics.read(file, "of this set").orElseThrow();

        assertThat(read.entries()).containsOnlyKeys(WHOLE, PART);
        assertThat(read.buckets()).isEqualTo(BUCKETS);
        entries.forEach((key, written) -> {
            TensorStatistics found = read.get(key);
            assertThat(found.count()).isEqualTo(written.count());
            assertThat(found.min()).isEqualTo(written.min());
            assertThat(found.max()).isEqualTo(written.max());
            assertThat(found.runningMin()).isEqualTo(Double.valueOf(written.runningMin()));
            assertThat(found.runningMax()).isEqualTo(Double.valueOf(written.runningMax()));
            assertThat(found.bucketMin()).isDeepEqualTo(written.bucketMin());
            assertThat(found.bucketMax()).isDeepEqualTo(written.bucketMax());
            assertThat(found.histogram().limit()).isEqualTo(written.histogram().limit());
            assertThat(found.histogram().counts())
                    .containsExactly(written.histogram().counts());
        });
        assertThat(read.get(WHOLE).bucketMax()).isDeepEqualTo(new float[][] {{1, 1e-20f, 3}, {9, 0, -0.3f}});
        assertThat(read.get(WHOLE).runningMax()).isEqualTo(0.9 * 3 + (1 - 0.9) * 9);
    }

    @Test
    void refusesThoseOfSomethingElseAndDamagedOnes() throws Exception {
        assertThat(ActivationStatistics.read(file, "of another set")).isEmpty();
        assertThat(ActivationStatistics.read(folder.resolve("none"), "of this set"))
                .isEmpty();
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
        assertThat(ActivationStatistics.read(file, "of this set")).isEmpty();
    }

    @Test
    void refusesThoseWithoutBuckets() {
        try (SafetensorsFile written = SafetensorsFile.open(file)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            written.names().stream()
                    .filter(name -> !name.equals("timestep_buckets"))
                    .forEach(name -> tensors.put(name, written.tensor(name)));
            Path old = folder.resolve("old.safetensors");
            SafetensorsWriter.write(old, tensors, written.metadata());
            assertThat(ActivationStatistics.read(old, "of this set")).isEmpty();
        }
    }

    @Test
    void namesTheKeyItHasNothingFor() {
        ActivationStatistics statistics = new ActivationStatistics(entries);
        assertThatThrownBy(() -> statistics.get(new StatisticsKey("mid.fc", 0, 4, false)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("nothing for mid.fc|0-4");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKeyReadsBackFromItsText(boolean withoutFirst) {
        StatisticsKey key = new StatisticsKey("a-b.0.to_k", 64, 128, withoutFirst);
        assertThat(StatisticsKey.parse(key.toString())).isEqualTo(key);
    }
}
