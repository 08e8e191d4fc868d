package org.mixdq4j.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a report is made from. Everything may be left out; a section appears where its files are given.
 *
 * @param sensitivity folder of {@code mixdq sensitivity}
 * @param plan bit plan of {@code mixdq allocate}, or its summary
 * @param quantized checkpoint folders of {@code mixdq ptq}
 * @param evaluation folder of {@code mixdq evaluate}
 * @param title heading; a plain one if absent
 * @param pictureRows at most so many captions are shown with their pictures
 */
public record ReportInputs(
        Optional<Path> sensitivity,
        Optional<Path> plan,
        List<Path> quantized,
        Optional<Path> evaluation,
        Optional<String> title,
        int pictureRows) {
    /** Enough to judge by; a hundred pictures of 1024 pixels would be a file nobody can send. */
    public static final int PICTURE_ROWS = 8;

    public ReportInputs {
        quantized = List.copyOf(quantized);
    }

    /** Nothing yet; add to it. */
    public static ReportInputs none() {
        return new ReportInputs(
                Optional.empty(), Optional.empty(), List.of(), Optional.empty(), Optional.empty(), PICTURE_ROWS);
    }

    public ReportInputs withSensitivity(Path folder) {
        return new ReportInputs(Optional.of(folder), plan, quantized, evaluation, title, pictureRows);
    }

    public ReportInputs withPlan(Path file) {
        return new ReportInputs(sensitivity, Optional.of(file), quantized, evaluation, title, pictureRows);
    }

    /** Adds a checkpoint to those there are. */
    public ReportInputs withQuantized(Path folder) {
        List<Path> more = new ArrayList<>(quantized);
        more.add(folder);
        return new ReportInputs(sensitivity, plan, more, evaluation, title, pictureRows);
    }

    public ReportInputs withEvaluation(Path folder) {
        return new ReportInputs(sensitivity, plan, quantized, Optional.of(folder), title, pictureRows);
    }

    public ReportInputs withTitle(String heading) {
        return new ReportInputs(sensitivity, plan, quantized, evaluation, Optional.of(heading), pictureRows);
    }

    public ReportInputs withPictureRows(int rows) {
        return new ReportInputs(sensitivity, plan, quantized, evaluation, title, rows);
    }

    /** Whether there is nothing to report on. */
    public boolean isEmpty() {
        return sensitivity.isEmpty() && plan.isEmpty() && quantized.isEmpty() && evaluation.isEmpty();
    }
}
