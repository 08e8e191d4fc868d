package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;

/** {@code mixdq sensitivity} on the model that ships, what goes on with it, and a kill in the middle. */
class SensitivityTest {
    private static final int VARIANTS = 3 * 263;

    @TempDir
    private static Path shared;

    private static Path done;
    private static Mixdq.Outcome outcome;

    @TempDir
    private Path folder;

    private static Object[] command(Path out) {
        return command(out, "4,8", "8");
    }

    /** On one sample. */
    static Object[] command(Path out, String weightBits, String actBits) {
        return new Object[] {
            "sensitivity",
            "--model",
            Shipped.MODEL,
            "--calib",
            Shipped.calibration(),
            "--samples",
            1,
            "--weight-bits",
            weightBits,
            "--act-bits",
            actBits,
            "--out",
            out
        };
    }

    @BeforeAll
    static void measure() {
        done = shared.resolve("sensitivity");
        outcome = Mixdq.run(command(done)).succeeds();
    }

    private static Map<String, String> tables(Path out) throws IOException {
        Map<String, String> tables = new TreeMap<>();
        try (Stream<Path> files = Files.list(out)) {
            for (Path file :
                    files.filter(f -> f.toString().matches(".*\\.(yaml|csv)")).toList()) {
                tables.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        ObjectNode summary = (ObjectNode) Json.read(out.resolve("summary.json"));
        // A run that goes on measures less; the rest is the same.
        summary.remove(List.of("seconds_of_last_run", "measurements_of_last_run"));
        tables.put("summary.json", summary.toString());
        return tables;
    }

    @Test
    void tellsWhatWasFoundInAFewLines() {
        assertThat(outcome.out().lines()).hasSizeLessThanOrEqualTo(15);
        assertThat(outcome.out())
                .containsPattern(
                        "Layers: 263 \\(102 content, 161 quality\\), 789 variants on 1 step of samples, 0:\\d\\d")
                .containsPattern("Network nodes computed: \\d+, 2\\.\\d\\d times fewer than the \\d+ without")
                .containsPattern(
                        "Rank correlation of the estimate, weights: 0\\.9\\d\\d \\(by bits 4: 0\\.\\d+, 8: 0\\.\\d+\\)")
                .containsPattern("Rank correlation of the estimate, acts: 0\\.9")
                .containsPattern("worst weights at 8 bits: \\d+\\.\\d dB \\S+")
                .contains("Report: " + done.resolve("report.html"), "Next: mixdq allocate --sensitivity " + done);
        assertThat(done.resolve("report.html")).content().contains("Rank correlation of weights: 0.9");
        assertThat(outcome.err()).contains("estimating: 789", "measuring layers [", "left", "done in");
    }

    @Test
    void allocateAndReportTakeTheFolder() throws IOException {
        Path plan = folder.resolve("plan.yaml");
        Mixdq.run(
                        "allocate",
                        "--sensitivity",
                        done,
                        "--model",
                        Shipped.MODEL,
                        "--bits",
                        5,
                        "--act-bits",
                        8,
                        "--out",
                        plan)
                .succeeds();
        JsonNode summary = Json.read(folder.resolve("plan.summary.json"));
        assertThat(summary.at("/weights/average_bits").asDouble()).isBetween(4.9, 5.0);
        assertThat(summary.get("calibration"))
                .isEqualTo(Json.read(done.resolve("summary.json")).get("calibration"));
        assertThat(Files.readString(plan)).contains("model.conv_in: ");
        Path report = folder.resolve("report.html");
        Mixdq.run("report", "--sensitivity", done, "--plan", plan, "--out", report)
                .succeeds();
        assertThat(Files.readString(report)).contains("Rank correlation of weights: 0.9");
    }

    /** Layers that no rounding reaches are part of the model: attention over a single token gives it whatever it asks. */
    @Test
    void layersThatChangeNothingAreInfiniteAndGetTheFewestBits() throws IOException {
        SensitivityTable sqnr =
                SensitivityTable.read(SensitivityFolder.open(done).sqnr(Part.WEIGHTS), List.of());
        List<String> exact = sqnr.layers().entrySet().stream()
                .filter(layer -> layer.getValue().values().stream().allMatch(db -> db == Double.POSITIVE_INFINITY))
                .map(Map.Entry::getKey)
                .filter(id -> id.contains("attn1"))
                .toList();
        assertThat(exact).isNotEmpty();
        Path plan = folder.resolve("plan.yaml");
        Mixdq.run("allocate", "--sensitivity", done, "--bits", 7, "--act-bits", 8, "--out", plan)
                .succeeds();
        List<String> lines = Files.readAllLines(plan);
        assertThat(exact).allSatisfy(id -> assertThat(lines).contains("model." + id + ": 4"));
    }

    @Test
    void oneObjectForScripts() {
        // All of it is in the journals: nothing is measured again.
        Mixdq.Outcome again = Mixdq.run(Mixdq.join(command(done), "--json")).succeeds();
        JsonNode json = Json.parse(again.out(), "standard output");
        assertThat(json.path("out").asText()).isEqualTo(done.toString());
        assertThat(json.path("layers").asInt()).isEqualTo(263);
        assertThat(json.at("/bits/weights")).hasSize(2);
        assertThat(json.at("/rank_correlation/weights").asDouble()).isBetween(0.9, 1.0);
        assertThat(again.err()).contains("measuring layers: 789, 789 of them done before");
    }

    @Test
    void saysThatThereAreFewerSamplesThanAskedFor() {
        Object[] command = Mixdq.join(command(folder.resolve("out"), "4,8", "none"), "--method", "estimate");
        command[List.of(command).indexOf("--samples") + 1] = 64;
        assertThat(Mixdq.run(command).succeeds().out())
                .contains("526 variants on 4 steps of samples (all there are, 64 were asked for)");
        assertThat(folder.resolve("out/acts_sqnr.yaml")).doesNotExist();
    }

    @Test
    void killedWhileItMeasuresItGoesOnWhereItWas() throws Exception {
        Path out = folder.resolve("sensitivity");
        Path journal = out.resolve("measured.journal");
        Kill.when(
                () -> Files.exists(journal) && Files.size(journal) > 20_000,
                folder.resolve("log"),
                () -> Folders.delete(out),
                command(out));
        assertThat(out.resolve("sensitivity.csv")).doesNotExist();
        String left = Files.readString(journal);
        String whole = left.substring(0, left.lastIndexOf('\n') + 1);
        long before = whole.lines().count() - 1;
        assertThat(before).isBetween(100L, VARIANTS - 1L);
        Mixdq.Outcome again = Mixdq.run(command(out)).succeeds();
        assertThat(again.err())
                .contains("measuring layers: 789, " + before + " of them done before")
                .contains("estimating: 789, 789 of them done before");
        String all = Files.readString(journal);
        assertThat(all).startsWith(whole);
        List<String> measured = all.lines()
                .skip(1)
                .map(line -> line.split(" "))
                .map(f -> String.join(" ", f[0], f[1], f[2], f[3]))
                .toList();
        assertThat(measured).hasSize(VARIANTS).doesNotHaveDuplicates();
        assertThat(tables(out)).isEqualTo(tables(done));
    }
}
