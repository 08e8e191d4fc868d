package org.mixdq4j.report;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.report.html.Page;
import org.mixdq4j.report.section.Measured;
import org.mixdq4j.report.section.Sections;

/**
 * The report: one HTML file with its style, script, charts and pictures inside. It opens offline, can be read without
 * scripts, names no address outside itself, and is the same, byte for byte, for the same inputs.
 */
public final class HtmlReport {
    /**
     * What was written.
     *
     * @param sections headings, in order
     */
    public record Written(Path file, long bytes, List<String> sections) {}

    private HtmlReport() {}

    /**
     * Reads the inputs and replaces {@code file} by their report.
     *
     * @throws UsageException if there are no inputs
     * @throws org.mixdq4j.core.error.MixdqException if one is missing, foreign or damaged, or the file cannot be written;
     *     {@code file} is then as it was
     */
    public static Written write(ReportInputs inputs, Path file) {
        List<Page.Section> sections = new ArrayList<>();
        byte[] html = render(inputs, sections).getBytes(StandardCharsets.UTF_8);
        AtomicFiles.write(file, out -> out.write(html));
        return new Written(
                file, html.length, sections.stream().map(Page.Section::title).toList());
    }

    /** The text of the file. */
    public static String render(ReportInputs inputs) {
        return render(inputs, new ArrayList<>());
    }

    private static String render(ReportInputs inputs, List<Page.Section> sections) {
        if (inputs.isEmpty()) {
            throw new UsageException(
                    "there is nothing to report on; give --sensitivity, --plan, --quantized or --evaluation");
        }
        if (inputs.pictureRows() < 0) {
            throw new UsageException(
                    "a report with " + inputs.pictureRows() + " rows of pictures cannot be made; give 0 or more");
        }
        Measured measured = Measured.read(
                inputs.sensitivity(), inputs.plan(), inputs.quantized(), inputs.evaluation(), inputs.pictureRows());
        sections.addAll(Sections.of(measured));
        return Page.render(
                inputs.title().orElse("Quantization report"),
                measured.subtitle(),
                sections,
                measured.layers().toJson(),
                "Made by mixdq4j. Everything in this page is inside this file.");
    }
}
