package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mixdq4j.core.io.Json;

/** {@code mixdq report} of what the other commands really wrote. */
class ReportTest {
    private static final Path TABLES = Shipped.ROOT.resolve("util_files/published_sdxl_turbo");

    @TempDir
    private Path folder;

    @Test
    void showsThePlanThatAllocateWrote() throws Exception {
        Path plan = folder.resolve("plan.yaml");
        Mixdq.run(
                        "allocate",
                        "--weights-sqnr",
                        TABLES.resolve("sensitivity_weight_sqnr.yaml"),
                        "--weights-ssim",
                        TABLES.resolve("sensitivity_weight_ssim.yaml"),
                        "--sizes",
                        TABLES.resolve("weight_sizes.yaml"),
                        "--bits",
                        4,
                        "--pareto",
                        3,
                        "--pin",
                        "conv_*=8",
                        "--out",
                        plan)
                .succeeds();
        Path out = folder.resolve("report.html");
        Mixdq.Outcome outcome = Mixdq.run("report", "--plan", plan, "--title", "Turbo", "--out", out)
                .succeeds();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).contains(out.toString(), "At a glance, Bit plan, Provenance");
        String html = Files.readString(out);
        JsonNode weights = Json.read(folder.resolve("plan.summary.json")).path("weights");
        assertThat(html)
                .contains("<h1>Turbo</h1>", "Weights: content", "Weights: quality", "proven optimal")
                .contains("<strong>"
                        + String.format(
                                Locale.ROOT,
                                "%.3f",
                                weights.path("average_bits").asDouble()) + "</strong>")
                .contains(String.format(
                        Locale.ROOT,
                        "%.4f",
                        weights.at("/groups/content/objective").asDouble()));
        // Every layer has a bar.
        int bars = 0;
        Matcher layers = Pattern.compile("data-l=\"([\\d ]+)\"").matcher(html);
        while (layers.find()) {
            bars += layers.group(1).split(" ").length;
        }
        assertThat(bars).isEqualTo(794);
    }

    @Test
    void showsTheCheckpointThatPtqWrote() throws Exception {
        Path out = folder.resolve("report.html");
        Mixdq.Outcome outcome = Mixdq.run("report", "--quantized", Shipped.checkpoint(), "--json", "--out", out)
                .succeeds();
        JsonNode json = Json.parse(outcome.out(), "standard output");
        assertThat(json.path("bytes").asLong()).isEqualTo(Files.size(out));
        assertThat(json.path("sections")).hasSize(3);
        JsonNode summary = Json.read(Shipped.checkpoint().resolve("summary.json"));
        assertThat(Files.readString(out))
                .contains(summary.at("/layers/W8A8").asInt() + " W8A8")
                .contains(String.format(
                        Locale.ROOT, "%.2f MB", summary.path("bytes_quantized").asLong() * 1e-6));
    }

    @Test
    void whatIsMissingIsOneSentence() {
        Path out = folder.resolve("report.html");
        Mixdq.run("report", "--out", out).fails(2, "nothing to report on", "--sensitivity");
        Mixdq.run("report", "--sensitivity", folder, "--out", out).fails(1, "holds no sensitivity.csv");
        Mixdq.run("report", "--quantized", Shipped.MODEL, "--out", out).fails(1, "quantization_config.json");
        assertThat(out).doesNotExist();
    }
}
