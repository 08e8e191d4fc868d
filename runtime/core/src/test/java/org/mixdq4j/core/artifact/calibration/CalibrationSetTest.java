package org.mixdq4j.core.artifact.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.network.source.ModelFingerprint;

class CalibrationSetTest {
    @TempDir
    Path folder;

    @Test
    void givesEveryRowInOrder() {
        CalibrationFixture.write(folder, 5, 2, 2, 2);

        CalibrationSet set = CalibrationSet.open(folder);

        List<String> order = new ArrayList<>();
        List<Float> first = new ArrayList<>();
        set.forEachRow(row -> {
            order.add(row.sample() + "." + row.step() + "." + row.row());
            first.add(row.output().toFloatArray()[0]);
        });
        List<String> expected = new ArrayList<>();
        List<Float> outputs = new ArrayList<>();
        for (int sample = 0; sample < 5; sample++) {
            for (CalibrationRow row : CalibrationFixture.sample(sample, 2, 2).rows()) {
                expected.add(sample + "." + row.step() + "." + row.row());
                outputs.add(row.output().toFloatArray()[0]);
            }
        }
        assertThat(order)
                .isEqualTo(expected)
                .startsWith("0.0.0", "0.0.1", "0.1.0")
                .hasSize(set.rowCount());
        assertThat(first).isEqualTo(outputs);
        assertThat(set.steps()).isEqualTo(2);
    }

    private void refused(String message) {
        assertThatThrownBy(() -> CalibrationSet.open(folder))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(message);
    }

    @Test
    void refusesAFolderWithoutASet() {
        refused("There is no calibration set in");
    }

    @Test
    void refusesAnUnfinishedSet() {
        CalibrationManifest finished = CalibrationFixture.write(folder, 3, 1, 1, 2);
        finished.finished(List.of()).write(folder);
        refused("is unfinished");
        finished.finished(finished.shards().subList(0, 1)).write(folder);
        refused("is unfinished");
    }

    @Test
    void refusesAMissingShard() throws Exception {
        CalibrationFixture.write(folder, 3, 1, 1, 2);
        Files.delete(CalibrationFixture.shard(folder, 1));
        refused("lacks shard-00001.safetensors, one of 2 shards");
    }

    @Test
    void refusesAChangedShard() throws Exception {
        CalibrationFixture.write(folder, 3, 1, 1, 2);
        Path shard = CalibrationFixture.shard(folder, 0);
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length - 1] ^= 1;
        Files.write(shard, bytes);
        refused("is not the shard that was written");
    }

    @Test
    void wantsTheModelItWasMadeWithButForTheVae() {
        CalibrationFixture.write(folder, 1, 1, 1, 1);
        CalibrationSet set = CalibrationSet.open(folder);

        assertThatCode(() -> set.requireMadeWith(
                        new ModelFingerprint(Map.of("unet", "ab".repeat(32), "vae", "00".repeat(32))), "m"))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> set.requireMadeWith(new ModelFingerprint(Map.of("unet", "12".repeat(32))), "m"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("whose unet is abababababab, but that of --model m is 121212121212");
    }
}
