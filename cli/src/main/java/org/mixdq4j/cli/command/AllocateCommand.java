package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.mixdq4j.bitalloc.plan.Allocator;
import org.mixdq4j.bitalloc.plan.BitPlan;
import org.mixdq4j.bitalloc.plan.BitProblem;
import org.mixdq4j.bitalloc.plan.Budget;
import org.mixdq4j.bitalloc.plan.Decision;
import org.mixdq4j.bitalloc.plan.Frontier;
import org.mixdq4j.bitalloc.plan.Layer;
import org.mixdq4j.bitalloc.plan.Pin;
import org.mixdq4j.bitalloc.plan.PlanFiles;
import org.mixdq4j.bitalloc.plan.Protection;
import org.mixdq4j.bitalloc.solve.MultipleChoiceSolver;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.plan.PlanPaths;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.io.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mixdq allocate}: sensitivity tables and a budget to bit plans. */
@Command(
        name = "allocate",
        mixinStandardHelpOptions = true,
        description = "Finds the bits of every layer that keep most quality under a budget, and proves them optimal.",
        footer = {
            "",
            "Examples:",
            "  mixdq allocate --sensitivity out/sensitivity --bits 4.0 --out plan.yaml",
            "  P=util_files/published_sdxl_turbo",
            "  mixdq allocate --weights-sqnr $P/sensitivity_weight_sqnr.yaml \\",
            "    --weights-ssim $P/sensitivity_weight_ssim.yaml --sizes $P/weight_sizes.yaml --bits 4.0 --out plan.yaml",
            "  mixdq allocate ... --bits 5 --split 1 --pin 'conv_*=8'",
            "  mixdq allocate ... --bits 5 --sweep 10      ten splits of the budget and their frontier",
            "  mixdq allocate ... --bits 5 --pareto 13     the frontier over all budgets"
        })
final class AllocateCommand implements Callable<Integer> {
    private static final String WEIGHTS = "weights";
    private static final String ACTIVATIONS = "activations";

    @Spec
    private CommandSpec spec;

    @Mixin
    private AllocateOptions options;

    @Option(names = "--bits", paramLabel = "B", description = "Budget: average bits of the quantized weights.")
    private Double bits;

    @Option(
            names = "--bytes",
            paramLabel = "N",
            description = "Budget: bytes of all weights, those in float at 16 bits. With --bits the tighter holds.")
    private Long bytes;

    @Option(
            names = "--window",
            paramLabel = "B",
            defaultValue = "0",
            description = "Forbid averages more than this below the budget (MixDQ: 0.02). Default 0: no such limit.")
    private double window;

    @Option(
            names = "--split",
            paramLabel = "K",
            description = "Content average / quality average, each group solved alone. Default: one joint program.")
    private Double split;

    @Option(
            names = "--sweep",
            paramLabel = "N",
            description = "Also solve N splits over the whole feasible range and write the frontier's plans.")
    private Integer sweep;

    @Option(
            names = "--pareto",
            paramLabel = "N",
            description = "Also solve N budgets over the whole feasible range (with --sweep, each with its splits).")
    private Integer pareto;

    @Option(
            names = "--time-limit",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "For one program. One stopped by it is reported as not proven. Default ${DEFAULT-VALUE}.")
    private double timeLimit;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "Plan of weights; NAME.acts.yaml, NAME.summary.json and NAME.candidates/ lie beside it.")
    private Path out;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        if (!(timeLimit > 0)) {
            throw new UsageException("--time-limit is " + timeLimit + "; give seconds above 0");
        }
        AllocateTables tables = AllocateTables.of(options);
        List<Part> parts = parts(tables);
        MultipleChoiceSolver solver = new MultipleChoiceSolver(timeLimit);
        Report report = new Report();
        ObjectNode summary = Json.mapper().createObjectNode();
        summary.put("format", "mixdq4j-bit-plan").put("version", 1);
        tables.provenance().writeTo(summary);
        ObjectNode frontier = Json.mapper().createObjectNode();
        List<BitPlan> plans = new ArrayList<>();
        for (Part part : parts) {
            BitPlan plan = concerning(part.what(), () -> plan(part, solver));
            plans.add(plan);
            describe(part, plan, report, summary.putObject(part.name));
            if (sweep != null || pareto != null) {
                sweep(part, solver, report, frontier);
            }
        }
        for (int i = 0; i < plans.size(); i++) {
            PlanFiles.write(parts.get(i).file, plans.get(i));
        }
        Path file = PlanPaths.summary(out);
        Json.write(file, summary);
        if (!frontier.isEmpty()) {
            Json.write(candidates().resolve("frontier.json"), frontier);
            report.line("Frontier: %s (plans, and frontier.json with every point)", candidates());
        }
        report.line("Plan: %s", parts.stream().map(part -> part.file.toString()).collect(Collectors.joining(", ")))
                .line("Summary: %s (reason of every layer)", file)
                .line(
                        "Next: mixdq ptq --model DIR --calib DIR --scheme configs/schemes/mixed.yaml %s --out DIR",
                        frontier.isEmpty() ? "--plan " + out : "--plans " + candidates())
                .print(spec.commandLine().getOut(), json, summary);
        return 0;
    }

    /** Weights or activations. */
    private record Part(String name, Path file, Budget budget, BitProblem problem) {
        boolean isWeights() {
            return name.equals(WEIGHTS);
        }

        String what() {
            return isWeights() ? WEIGHTS : ACTIVATIONS;
        }
    }

    private List<Part> parts(AllocateTables tables) {
        List<Layer> weights = tables.weights();
        List<Layer> acts = tables.activations();
        double protect = options.protect();
        Set<String> worst = acts.isEmpty() ? Set.of() : concerning(ACTIVATIONS, () -> Protection.worst(acts, protect));
        Set<String> floatWeights = options.activations.protectWeights ? worst : Set.of();
        List<Part> parts = new ArrayList<>();
        parts.add(concerning(
                WEIGHTS,
                () -> new Part(
                        WEIGHTS,
                        out,
                        new Budget(
                                bits == null ? OptionalDouble.empty() : OptionalDouble.of(bits),
                                bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes),
                                window),
                        new BitProblem(
                                weights,
                                options.weightCandidates(weights),
                                pins(options.weights.pins, weights),
                                floatWeights))));
        if (!acts.isEmpty()) {
            double average = options.activations.bits == null ? 7.7 : options.activations.bits;
            parts.add(concerning(
                    ACTIVATIONS,
                    () -> new Part(
                            "acts",
                            PlanPaths.activations(out),
                            new Budget(OptionalDouble.of(average), OptionalLong.empty(), window),
                            new BitProblem(
                                    acts,
                                    options.activationCandidates(acts),
                                    pins(options.activations.pins, acts),
                                    worst))));
        }
        return parts;
    }

    /** Begins the sentence of a failure with what it is about: weights and activations both have bits and pins. */
    private static <T> T concerning(String what, Supplier<T> work) {
        try {
            return work.get();
        } catch (UsageException e) {
            throw new UsageException("for " + what + " " + e.getMessage());
        } catch (MixdqException e) {
            throw new MixdqException("for " + what + " " + e.getMessage(), e);
        }
    }

    private BitPlan plan(Part part, MultipleChoiceSolver solver) {
        Allocator allocator = new Allocator(part.problem, part.budget, solver);
        return split == null || !part.isWeights() ? allocator.joint() : allocator.split(split);
    }

    private static Map<String, Pin> pins(List<String> texts, List<Layer> layers) {
        return Pin.resolve(AllocateOptions.pins(texts), layers);
    }

    private Path candidates() {
        return PlanPaths.candidates(out);
    }

    private void sweep(Part part, MultipleChoiceSolver solver, Report report, ObjectNode frontier) {
        List<Budget> budgets =
                pareto == null ? List.of(part.budget) : Frontier.budgets(Frontier.averages(part.problem, pareto));
        List<Frontier.Point> points = Frontier.of(part.problem, budgets, sweep == null ? 0 : sweep, solver);
        frontier.set(part.name, PlanFiles.writeFrontier(candidates(), part.name, points));
        long kept = points.stream().filter(point -> !point.dominated()).count();
        long proven = points.stream().filter(point -> point.plan().proven()).count();
        report.line(
                "  frontier: %d of %d plans, %d proven optimal, averages %.3f to %.3f bits",
                kept,
                points.size(),
                proven,
                points.stream()
                        .mapToDouble(p -> p.plan().average(List.of(LayerGroup.values())))
                        .min()
                        .orElseThrow(),
                points.stream()
                        .mapToDouble(p -> p.plan().average(List.of(LayerGroup.values())))
                        .max()
                        .orElseThrow());
    }

    private static void describe(Part part, BitPlan plan, Report report, ObjectNode json) {
        List<LayerGroup> both = List.of(LayerGroup.values());
        ObjectNode budget = json.putObject("budget");
        part.budget.bits().ifPresent(value -> budget.put("bits", value));
        part.budget.bytes().ifPresent(value -> budget.put("bytes", value));
        json.setAll(PlanFiles.figures(plan));
        json.set("layers", PlanFiles.layers(plan));
        report.line(
                "%s: %.4f bits on average (%.4f with float as 16), %s",
                part.isWeights() ? "Weights" : "Activations",
                plan.average(both),
                plan.averageWithFloat(),
                part.isWeights()
                        ? plan.bytes() + " bytes (" + Units.bytes(plan.bytes()) + ")"
                        : Units.bytes(plan.bytes()) + " of layer inputs");
        for (LayerGroup group : LayerGroup.values()) {
            if (plan.counts(List.of(group)).isEmpty()) {
                report.line("  %s: no layers", group.word());
                continue;
            }
            report.line(
                    "  %s: %s; %.4f bits, objective %.6f (%s)",
                    group.word(),
                    plan.counts(List.of(group)).entrySet().stream()
                            .map(e -> e.getValue() + (e.getKey() == Decision.FLOAT ? " float" : " x " + e.getKey()))
                            .collect(Collectors.joining(", ")),
                    plan.average(List.of(group)),
                    plan.objective(group),
                    group == LayerGroup.CONTENT ? "sum of SSIM" : "sum of dB");
        }
        for (BitPlan.Solve solve : plan.solves()) {
            report.line(
                    "  %s program: %s, objective %.9f, bound %.9f, gap %s, %.2f s",
                    solve.name(),
                    solve.proven() ? "proven optimal" : "NOT proven within the time limit",
                    solve.objective(),
                    solve.bound(),
                    String.format(Locale.ROOT, "%.1e", solve.gap()),
                    solve.seconds());
        }
    }
}
