package org.mixdq4j.report;

import java.nio.file.Path;

final class DrawOnce {
    public static void main(String[] args) throws Exception {
        Path sens = PublishedInputs.write(Path.of("/tmp/rp/sens"));
        ReportInputs in = ReportInputs.none()
                .withSensitivity(sens)
                .withPlan(Path.of("/tmp/rp/plan/plan.yaml"))
                .withTitle("SDXL-Turbo, published sensitivities");
        System.out.println(HtmlReport.write(in, Path.of("/tmp/rp/large.html")));
        ReportInputs small = ReportInputs.none().withQuantized(Path.of("/tmp/fresh/out/demo/w8a8"));
        if (java.nio.file.Files.isDirectory(Path.of("/tmp/rp/eval"))) {
            small = small.withEvaluation(Path.of("/tmp/rp/eval"));
        }
        if (java.nio.file.Files.isDirectory(Path.of("/tmp/rp/sens-small"))) {
            small = small.withSensitivity(Path.of("/tmp/rp/sens-small"));
        }
        System.out.println(HtmlReport.write(small, Path.of("/tmp/rp/small.html")));
    }
}
