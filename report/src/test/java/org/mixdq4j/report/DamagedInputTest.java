package org.mixdq4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

/** What is missing, foreign or damaged is named in one sentence, and the old report stays. */
class DamagedInputTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}: {1} becomes {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "sens/sensitivity.csv|12.5|twelve|line 2 has 'twelve' as its sqnr_db",
                "sens/sensitivity.csv|,2,weights|,two,weights|as its depth",
                "sens/sensitivity.csv|,2,weights|,2.5,weights|line 6 has '2.5' as its depth where a whole number",
                "sens/sensitivity.csv|sqnr_db|sqnr|where layer,group,type",
                "sens/sensitivity.csv|12.5,,|12.5,,,,,|the same number of cells",
                "plan/p.summary.json|mixdq4j-bit-plan|other|is of the format 'other'",
                "plan/p.summary.json|\"version\":1|\"version\":9|format version 9",
                "plan/p.summary.json|\"bytes\":140|\"bytes\":\"many\"|weights has 'many' as its bytes",
                "plan/p.summary.json|\"elements\":64|\"element\":64|the layer mid.attn2.to_k has no elements",
                "plan/p.summary.json|}}}}|}}|truncated",
                "plan/p.candidates/frontier.json|\"average_bits\":8.0,\"bytes\"|\"bytes\"|a plan of weights has no average_bits",
                "w8a8/quantization_config.json|mixdq4j-quantized|other|is of the format 'other'",
                "w8a8/summary.json|50.84|\"good\"|output_sqnr_db holds 'good'",
                "eval/evaluation.json|mixdq4j-evaluation|other|is of the format 'other'",
                "eval/evaluation.json|\"name\":\"W8A8\",||a variant has no name"
            })
    void isOneSentence(String file, String from, String to, String sentence) throws Exception {
        ReportInputs inputs = SmallInputs.everything(folder, "x");
        Path out = Files.writeString(folder.resolve("out.html"), "old");
        Path damaged = folder.resolve(file);
        String text = Files.readString(damaged);
        assertThat(text).contains(from);
        Files.writeString(damaged, text.replace(from, to == null ? "" : to));
        assertThatThrownBy(() -> HtmlReport.write(inputs, out))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(damaged.getFileName().toString())
                .hasMessageContaining(sentence)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "Exception"));
        assertThat(out).hasContent("old");
    }

    @ParameterizedTest
    @CsvSource({
        "sens/sensitivity.csv,mixdq sensitivity",
        "plan/p.summary.json,mixdq allocate",
        "w8a8/quantization_config.json,mixdq ptq",
        "eval/evaluation.json,mixdq evaluate"
    })
    void missingFilesSayWhoWritesThem(String file, String command) throws Exception {
        ReportInputs inputs = SmallInputs.everything(folder, "x");
        Files.delete(folder.resolve(file));
        assertThatThrownBy(() -> HtmlReport.render(inputs))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining(folder.resolve(file).getFileName().toString())
                .hasMessageContaining(command);
    }

    @Test
    void pictureThatIsNone() throws Exception {
        Path evaluation = SmallInputs.evaluation(folder, "x");
        Files.writeString(evaluation.resolve("images/W8A8/00001.png"), "not a picture");
        assertThatThrownBy(() -> HtmlReport.render(ReportInputs.none().withEvaluation(evaluation)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("00001.png")
                .hasMessageContaining("no PNG");
    }

    @Test
    void nothingToReportOnIsWrongUsage() {
        assertThatThrownBy(() -> HtmlReport.render(ReportInputs.none()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--sensitivity");
    }
}
