package org.mixdq4j.sensitivity.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.sensitivity.measure.Measured;
import org.mixdq4j.sensitivity.variant.Variant;

/** Measurements on disk: what is kept, what a kill takes away, what is refused. */
class JournalTest {
    private static final Variant WEIGHTS = new Variant("a.0.to_k", Part.WEIGHTS, 4);
    private static final Variant INPUT = new Variant("a.0.to_k", Part.ACTIVATIONS, 8);
    private static final Measured SOME = new Measured(1 / 3.0, 1e-300, 0.1 + 0.2, 577);
    private static final Measured NOTHING_CHANGED = new Measured(2, 0, Double.NaN, 1);
    private static final Measured BROKEN = new Measured(2, Double.NaN, -1, 1);

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("measured.journal");
    }

    private void write() {
        try (Journal journal = Journal.open(file, "id")) {
            journal.add(0, WEIGHTS, SOME);
            journal.add(7, WEIGHTS, NOTHING_CHANGED);
            journal.add(7, INPUT, BROKEN);
        }
    }

    @Test
    void givesBackWhatWasPutInToTheBit() {
        write();
        try (Journal journal = Journal.open(file, "id")) {
            assertThat(journal.size()).isEqualTo(3);
            assertThat(journal.get(0, WEIGHTS)).isEqualTo(SOME);
            assertThat(journal.get(7, WEIGHTS)).isEqualTo(NOTHING_CHANGED);
            assertThat(journal.get(7, INPUT)).isEqualTo(BROKEN);
            assertThat(journal.get(7, INPUT).noise()).isEqualTo(Double.POSITIVE_INFINITY);
            assertThat(journal.get(0, INPUT)).isNull();
        }
    }

    @Test
    void losesAtMostTheLineThatWasBeingWritten() throws IOException {
        write();
        String whole = Files.readString(file);
        int lastLine = whole.lastIndexOf('\n', whole.length() - 2) + 1;
        for (int cut = lastLine; cut < whole.length(); cut++) {
            Files.writeString(file, whole.substring(0, cut));
            try (Journal journal = Journal.open(file, "id")) {
                assertThat(journal.size()).isEqualTo(2);
                journal.add(7, INPUT, BROKEN);
            }
            assertThat(Files.readString(file)).isEqualTo(whole);
        }
    }

    @Test
    void beginsAnewWhereNotEvenTheFirstLineIsWhole() throws IOException {
        write();
        String head = Files.readAllLines(file).get(0);
        for (int cut = 0; cut <= head.length(); cut++) {
            Files.writeString(file, head.substring(0, cut));
            try (Journal journal = Journal.open(file, "id")) {
                assertThat(journal.size()).isZero();
            }
            assertThat(Files.readString(file)).isEqualTo(head + "\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0 a.0.to_k WEIGHTS 4 1.0 1.0 NaN",
                "0 a.0.to_k WEIGHTS 4 1.0 1.0 NaN 5 6",
                "0 a.0.to_k WEIGHT 4 1.0 1.0 NaN 5",
                "0 a.0.to_k WEIGHTS four 1.0 1.0 NaN 5",
                "0 a.0.to_k WEIGHTS 4 1.0 1,0 NaN 5",
                "x",
                ""
            })
    void aLineThatIsNoMeasurementIsNamed(String line) throws IOException {
        write();
        String whole = Files.readString(file);
        Files.writeString(file, whole + line + "\n");
        assertThatThrownBy(() -> Journal.open(file, "id"))
                .isExactlyInstanceOf(MixdqException.class)
                .hasMessageContaining(file + " has the line '" + line + "'")
                .hasMessageContaining("delete the line");
        assertThat(Files.readString(file)).isEqualTo(whole + line + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"mixdq4j-sensitivity-journal 1 other\n", "mixdq4j-sensitivity-journal 2 id\n", "mine", "id\n"})
    void whatIsOfAnotherMeasurementIsRefusedAndLeftAlone(String text) throws IOException {
        Files.writeString(file, text);
        assertThat(Journal.isForeign(file, "id")).isTrue();
        assertThatThrownBy(() -> Journal.open(file, "id"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("--overwrite");
        assertThat(Files.readString(file)).isEqualTo(text);
    }

    @Test
    void isNotForeignToItself() {
        assertThat(Journal.isForeign(file, "id")).isFalse();
        write();
        assertThat(Journal.isForeign(file, "id")).isFalse();
        assertThat(Journal.isForeign(file, "i")).isTrue();
        assertThat(Journal.isForeign(file, "id2")).isTrue();
    }

    @Test
    void isNotSharedWithAnotherRun() {
        try (Journal journal = Journal.open(file, "id")) {
            assertThatThrownBy(() -> Journal.open(file, "id"))
                    .isExactlyInstanceOf(MixdqException.class)
                    .hasMessageContaining("Another 'mixdq sensitivity' is writing to " + folder);
            journal.add(0, WEIGHTS, SOME);
        }
        Journal.open(file, "id").close();
    }

    @Test
    void threadsDoNotMixTheirLines() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        try (Journal journal = Journal.open(file, "id")) {
            for (int t = 0; t < 4; t++) {
                int unit = t;
                Thread thread = new Thread(() -> {
                    for (int i = 0; i < 200; i++) {
                        journal.add(unit, new Variant("layer." + i, Part.WEIGHTS, 4), SOME);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        try (Journal journal = Journal.open(file, "id")) {
            assertThat(journal.size()).isEqualTo(800);
        }
    }
}
