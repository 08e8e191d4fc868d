package org.mixdq4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/** Figures in the report are those in the files, and every layer is in every chart. */
class ReportFiguresTest {
    @TempDir
    private Path folder;

    @Test
    void publishedSensitivitiesAreAllThere() throws Exception {
        ReportInputs inputs = ReportInputs.none().withSensitivity(PublishedInputs.write(folder));
        String html = HtmlReport.render(inputs);
        assertThat(html.length()).isLessThan(3_000_000);
        Parsed report = new Parsed(html);
        assertThat(report.charts("sensitivity"))
                .extracting(label -> label.substring(0, label.indexOf('.')))
                .containsExactly(
                        "Weights",
                        "Activations",
                        "Weights",
                        "Activations",
                        "Weights",
                        "Activations",
                        "Weights",
                        "Activations",
                        "Weights",
                        "Activations")
                .hasSize(10);
        Map<String, List<Double>> sqnr = PublishedInputs.table("sensitivity_weight_sqnr.yaml");
        assertThat(sqnr).hasSize(794);
        String[] all = sqnr.values().stream()
                .flatMap(List::stream)
                .map(db -> String.format(Locale.ROOT, "%.2f", db))
                .toArray(String[]::new);
        assertThat(report.marks("sensitivity", 0)).containsExactlyInAnyOrder(all);
        assertThat(report.marks("sensitivity", 4)).containsExactlyInAnyOrder(all);
        assertThat(report.marks("sensitivity", 2)).hasSize(3 * 420);
        assertThat(report.marks("sensitivity", 8)).hasSize(3 * 794);

        List<List<String>> rows = report.table("layers-table");
        assertThat(rows).hasSize(1 + 2 * 794);
        List<Double> in = sqnr.get("conv_in");
        assertThat(report.row("layers-table", "conv_in"))
                .startsWith("conv_in", "weights", "quality", "conv")
                .contains("11,520")
                .contains(in.stream()
                        .map(db -> String.format(Locale.ROOT, "%.2f", db))
                        .toArray(String[]::new));
        double[] ranked = rows.subList(1, 795).stream()
                .mapToDouble(row -> Double.parseDouble(row.get(7)))
                .toArray();
        assertThat(ranked).isSorted();
        assertThat(rows.get(0).get(7)).isEqualTo("dB at 4");
        assertThat(report.text()).contains("Rank correlation of weights: 0.953").contains("21 min 25 s");
    }

    @Test
    void marksLieWhereTheirValuesAre() throws Exception {
        ReportInputs inputs = ReportInputs.none().withSensitivity(PublishedInputs.write(folder));
        Element chart = Parsed.all(new Parsed(HtmlReport.render(inputs)).byId("section", "sensitivity"), "svg")
                .get(4);
        double[] zero = tick(chart, "0");
        double[] hundred = tick(chart, "100");
        for (Element path : Parsed.all(chart, "path")) {
            if (path.hasAttribute("data-v")) {
                String[] values = path.getAttribute("data-v").split("\\|");
                String[] points = path.getAttribute("d").substring(1).split("M");
                assertThat(points).hasSameSizeAs(values);
                assertThat(path.getAttribute("data-l").split(" ")).hasSameSizeAs(values);
                IntStream.range(0, values.length).forEach(i -> {
                    double y = Double.parseDouble(points[i].split("[ h]")[1]);
                    double expected = zero[1] + (hundred[1] - zero[1]) * Double.parseDouble(values[i]) / 100;
                    assertThat(y).isBetween(expected - 0.2, expected + 0.2);
                });
            }
        }
    }

    /** Place of a name along the y axis; texts stand 4 below their lines. */
    private static double[] tick(Element chart, String name) {
        return Parsed.all(chart, "text").stream()
                .filter(text -> text.getAttribute("class").equals("tick end")
                        && text.getTextContent().equals(name))
                .map(text -> new double[] {
                    Double.parseDouble(text.getAttribute("x")), Double.parseDouble(text.getAttribute("y")) - 4
                })
                .findFirst()
                .orElseThrow();
    }

    @Test
    void planCheckpointAndEvaluation() throws Exception {
        Parsed report = new Parsed(HtmlReport.render(SmallInputs.everything(folder, "a cat")));
        assertThat(report.row("plan-groups", "weights"))
                .containsExactly("weights", "content", "1 × 4", "4.0000", "0.0 kB", "0.9812", "ssim");
        assertThat(report.table("plan-reasons"))
                .contains(
                        List.of("conv_out", "weights", "quality", "float", "protected"),
                        List.of("mid.attn2.to_k", "weights", "content", "4", "pinned"))
                .hasSize(3);
        assertThat(report.marks("plan", 0))
                .containsExactlyInAnyOrder(
                        "8 bits (budget), 36 elements",
                        "float (protected), 36 elements",
                        "4 bits (pinned), 64 elements");
        assertThat(report.row("quantized-table", "w8a8"))
                .containsExactly("w8a8", "w8a8", "2 W8A8, 1 float", "1.09 MB", "2.00 MB", "4.00 MB", "27.3 %", "50.84");
        assertThat(report.table("metrics-table").get(0)).containsExactly("Metric", "float", "W8A8", "naive <W4A8>");
        assertThat(report.row("metrics-table", "SSIM ↑"))
                .containsExactly("SSIM ↑", "–", "0.9978 ± 0.0002", "0.3140 ± 0.0100");
        assertThat(report.row("metrics-table", "PSNR, dB ↑")).containsExactly("PSNR, dB ↑", "–", "43.71 ± 0.20", "∞");
        assertThat(report.row("metrics-table", "CLIP score ↑")).contains("31.200 ± 0.125");
        assertThat(report.row("metrics-table", "taste")).containsExactly("taste", "–", "5.1250 ± 0.5000", "–");
        assertThat(report.row("metrics-table", "of float")).containsExactly("of float", "–", "27.1 %", "13.9 %");
        assertThat(report.row("metrics-table", "Time a step")).contains("18.6 ms", "17.9 ms");
        assertThat(report.table("files")).hasSize(1 + 1 + 2 + 2 + 2);
        assertThat(report.text()).doesNotContain("Careful");
    }

    @Test
    void barsStandOverTheirNumbers() throws Exception {
        Parsed report = new Parsed(HtmlReport.render(ReportInputs.none().withPlan(SmallInputs.plan(folder))));
        Element chart = Parsed.all(report.byId("section", "plan"), "svg").get(0);
        List<String> ticks = Parsed.all(chart, "text").stream()
                .filter(text -> text.getAttribute("class").equals("tick mid")
                        && text.getTextContent().matches("[123](\\.0)?"))
                .map(text -> text.getAttribute("x"))
                .toList();
        List<String> bars = Parsed.all(chart, "path").stream()
                .filter(path -> path.hasAttribute("data-v"))
                .map(path -> path.getAttribute("d").split("[M ]")[1])
                .sorted((a, b) -> Double.compare(Double.parseDouble(a), Double.parseDouble(b)))
                .toList();
        assertThat(bars).hasSize(3).isEqualTo(ticks);
    }

    @Test
    void allPlansOfTheFrontierAreDrawnAndTheChosenOneIsRinged() throws Exception {
        Parsed report = new Parsed(HtmlReport.render(ReportInputs.none().withPlan(SmallInputs.plan(folder))));
        Element content = Parsed.all(report.byId("section", "plan"), "svg").get(2);
        assertThat(content.getAttribute("aria-label")).startsWith("Weights: content");
        List<Element> circles = Parsed.all(content, "circle");
        assertThat(circles)
                .extracting(circle -> circle.getAttribute("class").replaceAll(" c\\d", ""))
                .containsExactly("dot pale", "dot solid", "dot solid", "ring");
        assertThat(circles.get(3).getAttribute("cx")).isEqualTo(circles.get(1).getAttribute("cx"));
        assertThat(circles.get(3).getTextContent()).contains("chosen plan", "5.440 bits", "0.9812");
    }

    @Test
    void valuesWithoutAPlaceGetLanesOfTheirOwn() throws Exception {
        Parsed report =
                new Parsed(HtmlReport.render(ReportInputs.none().withSensitivity(SmallInputs.sensitivity(folder))));
        assertThat(report.marks("sensitivity", 0))
                .containsExactlyInAnyOrder("no number", "12.50", "∞", "20.00", "31.25", "∞");
        assertThat(report.text())
                .contains("2 measurements at ∞ changed nothing at all")
                .contains("1 measurement at “none” gave an output that is no number");
        assertThat(report.all("path"))
                .extracting(path -> path.getAttribute("d"))
                .noneMatch(d -> d.contains("NaN") || d.contains("Inf") || d.contains("∞"));
        assertThat(report.table("layers-table").get(1)).startsWith("conv_out").contains("no number");
    }

    @Test
    void differentModelsAreSaidToBe() throws Exception {
        ReportInputs inputs = ReportInputs.none()
                .withSensitivity(PublishedInputs.write(folder.resolve("sens")))
                .withQuantized(SmallInputs.checkpoint(folder.resolve("w8a8")));
        assertThat(new Parsed(HtmlReport.render(inputs)).text())
                .contains("Careful: these parts are of different models")
                .contains("component unet");
    }
}
