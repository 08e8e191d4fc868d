package org.mixdq4j.cli.command;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.sensitivity.result.Score;
import org.mixdq4j.sensitivity.run.SensitivitySummary;
import org.mixdq4j.sensitivity.variant.Variant;

/** What sensitivity prints: how much was measured, how good the estimate is, the worst layers. */
final class SensitivityLines {
    private static final int WORST = 3;

    private SensitivityLines() {}

    /** @param asked how many steps of samples were asked for */
    static void describe(SensitivitySummary summary, int asked, Report report) {
        Map<String, LayerGroup> groups = summary.found().groups();
        long content =
                groups.values().stream().filter(LayerGroup.CONTENT::equals).count();
        report.line(
                "Layers: %d (%d content, %d quality), %d variants on %s, %s",
                groups.size(),
                content,
                groups.size() - content,
                summary.found().variants().size(),
                units(summary, asked),
                Units.duration(summary.seconds()));
        if (summary.nodesEvaluated() > 0) {
            report.line(
                    "Network nodes computed: %d, %.2f times fewer than the %d without partial re-runs",
                    summary.nodesEvaluated(),
                    (double) summary.nodesNaive() / summary.nodesEvaluated(),
                    summary.nodesNaive());
        }
        for (Part part : Part.values()) {
            summary.found()
                    .rankCorrelation(part, false)
                    .ifPresent(value -> report.line(
                            "Rank correlation of the estimate, %s: %.3f (by bits %s)",
                            part.word(), value, rounded(summary.found().rankCorrelationByBits(part, false))));
            worst(summary, part).forEach(line -> report.line("%s", line));
        }
    }

    /** Says so if there are fewer than were asked for. */
    private static String units(SensitivitySummary summary, int asked) {
        String used = summary.units() + (summary.units() == 1 ? " step" : " steps") + " of samples";
        return summary.units() < asked ? used + " (all there are, " + asked + " were asked for)" : used;
    }

    private static String rounded(Map<Integer, Double> values) {
        List<String> parts = new ArrayList<>();
        values.forEach((bits, value) -> parts.add(String.format(Locale.ROOT, "%d: %.3f", bits, value)));
        return String.join(", ", parts);
    }

    private static List<String> worst(SensitivitySummary summary, Part part) {
        List<String> lines = new ArrayList<>();
        Map<Variant, Score> scores = summary.found().best();
        scores.keySet().stream()
                .filter(variant -> variant.part() == part)
                .mapToInt(Variant::bits)
                .max()
                .ifPresent(bits -> scores.entrySet().stream()
                        .filter(e -> e.getKey().part() == part && e.getKey().bits() == bits)
                        .sorted(Comparator.comparingDouble(e -> e.getValue().sqnr()))
                        .limit(WORST)
                        .forEach(e -> lines.add(String.format(
                                Locale.ROOT,
                                "  worst %s at %d bits: %s %s",
                                part.word(),
                                bits,
                                Units.decibels(e.getValue().sqnr()),
                                e.getKey().layer()))));
        return lines;
    }
}
