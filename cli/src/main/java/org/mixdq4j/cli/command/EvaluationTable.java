package org.mixdq4j.cli.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.evaluate.run.EvaluationResult;
import org.mixdq4j.evaluate.run.VariantResult;
import org.mixdq4j.evaluate.statistic.Estimate;

/** An evaluation for people: a row a figure, a column a model; rows nothing was measured for are left out. */
final class EvaluationTable {
    private static final int MOST_DIGITS = 8;

    private final List<List<String>> rows = new ArrayList<>();
    private final EvaluationResult result;

    private EvaluationTable(EvaluationResult result) {
        this.result = result;
    }

    static List<String> lines(EvaluationResult result) {
        EvaluationTable table = new EvaluationTable(result);
        table.fill();
        List<String> lines = table.aligned();
        lines.addAll(result.warnings());
        return lines;
    }

    private void fill() {
        row("", Optional.of("float"), VariantResult::name);
        result.reference().ifPresent(real -> rows.get(0).add("reference"));
        row("weights", Optional.of(Units.bytes(result.inFloat().bytes())), v -> Units.bytes(v.bytes()));
        row("layers", Optional.empty(), EvaluationTable::layers);
        row("SSIM", Optional.empty(), v -> text(v.pairs().ssim(), 3));
        row("PSNR, dB", Optional.empty(), v -> text(v.pairs().psnr(), 1));
        if (result.variants().stream().anyMatch(v -> v.lpips().isPresent())) {
            row("LPIPS", Optional.empty(), v -> text(v.lpips().orElseThrow(), 3));
        }
        row("latent SQNR", Optional.empty(), v -> Units.decibels(v.pairs().latentSqnr()));
        row("output SQNR", Optional.empty(), v -> Units.decibels(v.pairs().outputSqnr()));
        result.inFloat().scores().forEach((name, score) -> {
            String label = name.equals("clip_score") ? "CLIP score" : name;
            row(label, Optional.of(text(score, 2)), v -> text(v.scores().get(name), 2));
            List<String> scores = rows.get(rows.size() - 1);
            result.reference()
                    .map(real -> real.scores().get(name))
                    .ifPresent(estimate -> scores.add(text(estimate, 2)));
            row("  to float", Optional.empty(), v -> text(v.differences().get(name), 2));
        });
        if (result.variants().stream().anyMatch(v -> v.fidFloat().isPresent())) {
            row("FID to float", Optional.empty(), v -> text(v.fidFloat().orElseThrow(), 1));
        }
        result.inFloat()
                .fidReference()
                .ifPresent(fid -> row(
                        "FID to reference",
                        Optional.of(text(fid, 1)),
                        v -> text(v.fidReference().orElseThrow(), 1)));
        row(
                "network step",
                Optional.of(Units.millis(result.inFloat().secondsPerStep())),
                v -> Units.millis(v.pairs().secondsPerStep()));
    }

    private void row(String label, Optional<String> inFloat, Function<VariantResult, String> variant) {
        List<String> cells = new ArrayList<>(List.of(label, inFloat.orElse("")));
        result.variants().forEach(v -> cells.add(variant.apply(v)));
        rows.add(cells);
    }

    private List<String> aligned() {
        Map<Integer, Integer> widths = new LinkedHashMap<>();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths.merge(i, row.get(i).length(), Math::max);
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                line.append(String.format(Locale.ROOT, "%-" + (widths.get(i) + 2) + "s", row.get(i)));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private static String layers(VariantResult variant) {
        return variant.layers().entrySet().stream()
                .map(form -> form.getValue() + " " + form.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String text(Estimate estimate, int digits) {
        if (Double.isInfinite(estimate.value())) {
            return "identical";
        }
        if (Double.isNaN(estimate.error())) {
            return String.format(Locale.ROOT, "%." + digits + "f", estimate.value());
        }
        // Two digits of the error, however small.
        int shown = estimate.error() == 0
                ? digits
                : Math.max(digits, Math.min(MOST_DIGITS, 1 - (int) Math.floor(Math.log10(estimate.error()))));
        String format = "%." + shown + "f ± %." + shown + "f";
        return String.format(Locale.ROOT, format, estimate.value(), estimate.error());
    }
}
