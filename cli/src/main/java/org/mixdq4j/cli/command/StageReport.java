package org.mixdq4j.cli.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.mixdq4j.core.artifact.plan.PlanPaths;
import org.mixdq4j.report.HtmlReport;
import org.mixdq4j.report.ReportInputs;

/** The HTML report that a command leaves beside what it wrote. */
final class StageReport {
    /** Its name in the folder. */
    static final String NAME = "report.html";

    private StageReport() {}

    /** @return the report, {@value #NAME} in {@code folder} */
    static Path write(ReportInputs inputs, Path folder) {
        return HtmlReport.write(inputs, folder.resolve(NAME)).file();
    }

    /** Of a checkpoint, and of the plan it was made by where allocate's account of that plan lies beside it. */
    static Path ofCheckpoint(Path checkpoint, Optional<Path> plan) {
        ReportInputs inputs = ReportInputs.none().withQuantized(checkpoint);
        return write(
                plan.filter(file -> Files.isRegularFile(PlanPaths.summaryOf(file)))
                        .map(inputs::withPlan)
                        .orElse(inputs),
                checkpoint);
    }
}
