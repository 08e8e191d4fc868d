package org.mixdq4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/** One file, the same bytes each time, that shows hostile data as text and fetches nothing. */
class SelfContainedReportTest {
    private static final String HOSTILE =
            "</script><script src='https://evil.example/x.js'>&amp; \"quoted\" <img src=x onerror=\"a()\">\u0001 ]]> 日本 🎈";

    @TempDir
    private Path folder;

    @Test
    void hostileDataStaysText() throws Exception {
        ReportInputs inputs =
                SmallInputs.everything(folder, HOSTILE).withTitle("Report </title><script>alert(1)</script>");
        SmallInputs.sensitivity(
                folder.resolve("sens"),
                "\"</script><b>x</b>\",\"<group>\",conv,0,weights,4,36,12.5,0.9,11",
                "\"a|b & 'c'\",quality,linear,1,weights,4,36,13.5,,12");
        String html = HtmlReport.render(inputs);
        Parsed report = new Parsed(html);
        assertThat(report.all("script")).hasSize(2);
        assertThat(report.all("b")).extracting(Element::getTextContent).containsOnly("float", "W8A8");
        assertThat(report.all("figcaption"))
                .extracting(Element::getTextContent)
                .contains(HOSTILE.replace('\u0001', '\ufffd'), "plain");
        assertThat(report.all("h1").get(0).getTextContent()).isEqualTo("Report </title><script>alert(1)</script>");
        assertThat(report.row("layers-table", "</script><b>x</b>")).contains("<group>");
        assertThat(html).doesNotContain("<b>x</b>", "src='https", "onerror=\"");
        assertThat(html.split("</script>", -1)).hasSize(3);
    }

    @Test
    void namesNoAddress() throws Exception {
        String html = HtmlReport.render(SmallInputs.everything(folder, HOSTILE));
        assertThat(html.toLowerCase(Locale.ROOT))
                .doesNotContain("http://", "https://", "//cdn", "@import", "url(", "xmlns", "<link", "<iframe");
        assertThat(html).contains("default-src &#39;none&#39;");
        Parsed report = new Parsed(html);
        for (String tag : new String[] {"a", "img", "script"}) {
            for (Element element : report.all(tag)) {
                assertThat(element.getAttribute("href") + element.getAttribute("src"))
                        .matches("(#\\w+|data:image/png;base64,[\\w+/=]+)?");
            }
        }
        report.all("a")
                .forEach(
                        link -> report.byId("section", link.getAttribute("href").substring(1)));
    }

    @Test
    void picturesAreTheFilesThemselves() throws Exception {
        Path evaluation = SmallInputs.evaluation(folder, "a cat");
        Parsed report = new Parsed(HtmlReport.render(ReportInputs.none().withEvaluation(evaluation)));
        assertThat(report.all("img")).hasSize(4);
        Element second = report.all("img").get(1);
        assertThat(second.getAttribute("alt")).isEqualTo("W8A8: a cat");
        assertThat(second.getAttribute("width")).isEqualTo("8");
        assertThat(second.getAttribute("height")).isEqualTo("6");
        assertThat(Base64.getDecoder().decode(second.getAttribute("src").split(",")[1]))
                .isEqualTo(Files.readAllBytes(evaluation.resolve("images/W8A8/00000.png")));
        assertThat(report.all("small"))
                .extracting(Element::getTextContent)
                .containsExactly("SSIM 0.998 · PSNR ∞", "SSIM 0.980 · PSNR 40.0");
        Parsed one = new Parsed(
                HtmlReport.render(ReportInputs.none().withEvaluation(evaluation).withPictureRows(1)));
        assertThat(one.all("img")).hasSize(2);
        assertThat(one.text()).contains("Shown are the first 1 of 2.");
    }

    @Test
    void sameInputsSameBytesWhereverTheyLie() throws Exception {
        Path first = folder.resolve("a/out.html");
        Path second = folder.resolve("b/out.html");
        HtmlReport.Written written = HtmlReport.write(SmallInputs.everything(folder.resolve("one"), "x"), first);
        HtmlReport.write(SmallInputs.everything(folder.resolve("two"), "x"), second);
        assertThat(second).hasSameBinaryContentAs(first);
        assertThat(written.bytes()).isEqualTo(Files.size(first));
        assertThat(Files.readString(first)).doesNotContain(folder.toString());
        try (Stream<Path> files = Files.list(first.getParent())) {
            assertThat(files).containsExactly(first);
        }
    }

    @Test
    void sectionsAppearWithTheirFiles() throws Exception {
        assertThat(sections(SmallInputs.everything(folder, "x")))
                .containsExactly("headline", "pictures", "metrics", "sensitivity", "plan", "quantized", "provenance");
        ReportInputs none = ReportInputs.none();
        assertThat(sections(none.withSensitivity(folder.resolve("sens"))))
                .containsExactly("headline", "sensitivity", "provenance");
        assertThat(sections(none.withPlan(folder.resolve("plan/p.summary.json"))))
                .containsExactly("headline", "plan", "provenance");
        assertThat(sections(none.withQuantized(folder.resolve("w8a8"))))
                .containsExactly("headline", "quantized", "provenance");
        ReportInputs evaluation = none.withEvaluation(folder.resolve("eval"));
        assertThat(sections(evaluation.withPictureRows(0))).containsExactly("headline", "metrics", "provenance");
        Files.delete(folder.resolve("plan/p.candidates/frontier.json"));
        String html = HtmlReport.render(none.withPlan(folder.resolve("plan/p.yaml")));
        assertThat(new Parsed(html).text()).doesNotContain("Pareto").contains("make the report with the sensitivities");
        Files.delete(folder.resolve("w8a8/summary.json"));
        assertThat(new Parsed(HtmlReport.render(none.withQuantized(folder.resolve("w8a8")))).charts("quantized"))
                .isEmpty();
    }

    private static List<String> sections(ReportInputs inputs) throws IOException {
        return new Parsed(HtmlReport.render(inputs)).sections();
    }
}
