package org.mixdq4j.sensitivity.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.sensitivity.PreparedSets;
import org.mixdq4j.sensitivity.measure.Similarity;
import org.mixdq4j.sensitivity.run.SensitivityRequest.Method;

/** Runs in folders where another one was stopped, finished, or measured something else. */
class ResumedRunTest {
    private static final int VARIANTS = 526;

    @TempDir
    private Path folder;

    private static TinyRun both(Path out) {
        return new TinyRun(out).by(Method.EXACT, Method.ESTIMATE);
    }

    private static long lines(Path file) throws IOException {
        return Files.readAllLines(file).size();
    }

    private static Map<String, String> digests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> digests.put(file.getFileName().toString(), Sha256.of(file)));
        }
        return digests;
    }

    @Test
    void aStoppedRunGoesOnWhereItWasAndEndsWithTheSameTables() throws IOException {
        Path out = folder.resolve("out");
        Path journal = out.resolve("measured.journal");
        assertThatThrownBy(() -> both(out).stopAfter(100).run()).isInstanceOf(TinyRun.Stopped.class);
        long first = lines(journal) - 1;
        // Until the stop is seen, the other thread finishes what it measures, and may begin one more.
        assertThat(first).isBetween(100L, 110L);
        assertThat(out.resolve("sensitivity.csv")).doesNotExist();
        assertThatThrownBy(() -> both(out).stopAfter(50).run()).isInstanceOf(TinyRun.Stopped.class);
        long second = lines(journal) - 1;
        assertThat(second).isBetween(first + 50, first + 60);
        TinyRun last = both(out);
        last.run();
        assertThat(last.computed.get(TinyRun.MEASURING)).isEqualTo(VARIANTS - second);
        assertThat(last.computed.get("estimating")).isZero();
        assertThat(TinyRun.measured(out)).hasSize(VARIANTS);
        assertThat(TinyRun.tables(out)).isEqualTo(TinyRun.tables(TinyRun.reference()));
    }

    @Test
    void aLineThatWasCutIsMeasuredAgain() throws IOException {
        Path out = TinyRun.copyOfReference(folder.resolve("out"));
        for (String name : List.of("measured.journal", "estimated-4.journal")) {
            byte[] all = Files.readAllBytes(out.resolve(name));
            Files.write(out.resolve(name), Arrays.copyOf(all, all.length - 20));
        }
        Files.delete(out.resolve("acts_sqnr.yaml"));
        TinyRun again = both(out);
        again.run();
        assertThat(again.computed).containsEntry(TinyRun.MEASURING, 1L).containsEntry("estimating", 1L);
        assertThat(TinyRun.tables(out)).isEqualTo(TinyRun.tables(TinyRun.reference()));
        assertThat(TinyRun.measured(out)).hasSize(VARIANTS);
    }

    @Test
    void aDamagedLineIsNamedBeforeAnythingIsMeasured() throws IOException {
        Path out = TinyRun.copyOfReference(folder.resolve("out"));
        List<String> lines = new ArrayList<>(Files.readAllLines(out.resolve("measured.journal")));
        String damaged = lines.get(9).replaceFirst(" [0-9]+$", "");
        lines.set(9, damaged);
        Files.write(out.resolve("measured.journal"), lines);
        TinyRun run = new TinyRun(out);
        assertThatThrownBy(run::run)
                .isExactlyInstanceOf(MixdqException.class)
                .hasMessageContaining("has the line '" + damaged + "'");
        assertThat(run.computed).doesNotContainKey(TinyRun.MEASURING);
    }

    @Test
    void otherBitsAreMeasuredInAdditionAndTablesHoldWhatWasAskedFor() throws IOException {
        Path out = TinyRun.copyOfReference(folder.resolve("out"));
        TinyRun more = new TinyRun(out).bits(List.of(3, 8), List.of());
        more.run();
        assertThat(more.computed).containsEntry(TinyRun.MEASURING, 263L);
        SensitivityFolder ours = SensitivityFolder.open(out);
        SensitivityTable now = SensitivityTable.read(ours.sqnr(Part.WEIGHTS), List.of());
        SensitivityTable before = SensitivityTable.read(
                SensitivityFolder.open(TinyRun.reference()).sqnr(Part.WEIGHTS), List.of());
        assertThat(now.columns()).containsExactly(3, 8);
        now.layers().forEach((id, row) -> assertThat(row.get(3))
                .isEqualTo(before.layers().get(id).get(3)));
        assertThat(ours.has(Part.ACTIVATIONS)).isFalse();

        TinyRun less = both(out);
        less.run();
        assertThat(less.computed).containsEntry(TinyRun.MEASURING, 0L).containsEntry("estimating", 0L);
        assertThat(TinyRun.tables(out)).isEqualTo(TinyRun.tables(TinyRun.reference()));
    }

    @Test
    void estimatesAloneReplaceTheTablesAndKeepTheMeasurements() throws IOException {
        Path out = TinyRun.copyOfReference(folder.resolve("out"));
        new TinyRun(out).by(Method.ESTIMATE).run();
        assertThat(Files.readAllLines(out.resolve("weights_sqnr.yaml")).get(0)).startsWith("# estimated with");
        TinyRun exact = both(out);
        exact.run();
        assertThat(exact.computed).containsEntry(TinyRun.MEASURING, 0L);
        assertThat(TinyRun.tables(out)).isEqualTo(TinyRun.tables(TinyRun.reference()));
    }

    @Test
    void anotherMeasurementIsRefusedAndTheFolderLeftAsItWas() throws IOException {
        Path out = TinyRun.copyOfReference(folder.resolve("out"));
        Map<String, String> before = digests(out);
        for (TinyRun other : List.of(
                new TinyRun(out).on(PreparedSets.guided()),
                new TinyRun(out).like(Similarity.GLOBAL),
                new TinyRun(out).units(2),
                new TinyRun(out).by(Method.ESTIMATE).units(2))) {
            assertThatThrownBy(other::run)
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining(out.toString())
                    .hasMessageContaining("--overwrite");
            assertThat(other.computed).isEmpty();
            assertThat(digests(out)).isEqualTo(before);
        }
    }

    @Test
    void overwritingThrowsAwayWhatIsOfAnotherMeasurementAndNothingElse() throws IOException {
        Path out = TinyRun.copyOfReference(folder.resolve("out"));
        Path mine = Files.writeString(out.resolve("mine.txt"), "mine");
        TinyRun same = both(out).overwriting();
        same.run();
        assertThat(same.computed).containsEntry(TinyRun.MEASURING, 0L).containsEntry("estimating", 0L);

        TinyRun other = new TinyRun(out)
                .on(PreparedSets.guided())
                .bits(List.of(4), List.of())
                .overwriting();
        assertThatThrownBy(() -> other.stopAfter(5).run()).isInstanceOf(TinyRun.Stopped.class);
        assertThat(out.toFile().list())
                .containsExactlyInAnyOrder("mine.txt", "activation_statistics.safetensors", "measured.journal");
        new TinyRun(out)
                .on(PreparedSets.guided())
                .bits(List.of(4), List.of())
                .by(Method.ESTIMATE)
                .overwriting()
                .run();
        assertThat(lines(out.resolve("measured.journal"))).isBetween(6L, 16L);
        assertThat(Json.read(out.resolve("summary.json")).path("calibration").asText())
                .isEqualTo(PreparedSets.guided().digest());
        assertThat(mine).hasContent("mine");
    }
}
