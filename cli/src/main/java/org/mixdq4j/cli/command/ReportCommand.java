package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.report.HtmlReport;
import org.mixdq4j.report.ReportInputs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq report}: what the stages wrote as one HTML file. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = "Makes one HTML file, which opens offline, of what the other commands measured.",
        footer = {
            "",
            "Examples:",
            "  mixdq report --quantized out/w8a8 --out report.html",
            "  mixdq report --sensitivity out/sens --plan plan.yaml --out report.html",
            "  mixdq report --evaluation out/eval --quantized out/w8a8 --quantized out/w4a8 --out report.html"
        })
final class ReportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--sensitivity", paramLabel = "DIR", description = "Folder that mixdq sensitivity wrote.")
    private Optional<Path> sensitivity;

    @Option(
            names = "--plan",
            paramLabel = "FILE",
            description = "Plan that mixdq allocate wrote; its summary and candidates lie beside it.")
    private Optional<Path> plan;

    @Option(
            names = "--quantized",
            paramLabel = "DIR",
            description = "Checkpoint that mixdq ptq wrote. May be given again.")
    private List<Path> quantized = new ArrayList<>();

    @Option(names = "--evaluation", paramLabel = "DIR", description = "Folder that mixdq evaluate wrote.")
    private Optional<Path> evaluation;

    @Option(names = "--title", paramLabel = "TEXT", description = "Heading of the report.")
    private Optional<String> title;

    @Option(
            names = "--pictures",
            paramLabel = "N",
            defaultValue = "" + ReportInputs.PICTURE_ROWS,
            description = "Captions to show with the pictures of every model. Default ${DEFAULT-VALUE}.")
    private int pictures;

    @Option(names = "--out", required = true, paramLabel = "FILE.html", description = "The report.")
    private Path out;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        HtmlReport.Written written =
                HtmlReport.write(new ReportInputs(sensitivity, plan, quantized, evaluation, title, pictures), out);
        ObjectNode summary = Json.mapper().createObjectNode();
        summary.put("report", written.file().toString()).put("bytes", written.bytes());
        ArrayNode sections = summary.putArray("sections");
        written.sections().forEach(sections::add);
        new Report()
                .line("Report: %s (%s)", written.file(), Units.bytes(written.bytes()))
                .line("Sections: %s", String.join(", ", written.sections()))
                .line("Open it in a browser; it needs no network.")
                .print(spec.commandLine().getOut(), json, summary);
        return 0;
    }
}
