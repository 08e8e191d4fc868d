package org.mixdq4j.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mixdq4j.cli.terminal.Report;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.ExecutorProvider;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.Target;
import org.mixdq4j.core.lower.Targets;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.describe.ProgramTable;
import org.mixdq4j.core.lower.describe.StepLine;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.mmdit.SD3Transformer2D;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayers;

/** A network as its lowered program: a table for people, or all steps as JSON. */
final class ProgramReport {
    /** Pixels a latent stands for, in every autoencoder of the supported pipelines. */
    private static final int FACTOR = 8;

    private static final int CLIP_TOKENS = 77;
    private static final int T5_TOKENS = 256;
    private static final int DEFAULT_SIDE = 64;
    private static final String TIMESTEP = "timestep";

    private final ProgramOptions options;
    private final Report report;
    private final ObjectNode json;

    ProgramReport(ProgramOptions options, Report report, ObjectNode json) {
        this.options = options;
        this.report = report;
        this.json = json;
    }

    /** A network of a model, in float. */
    void model(ModelSource model) {
        String component = options.component != null
                ? options.component
                : DiffusionNetwork.of(model).component();
        print(component, model.config(component), id -> Optional.empty());
    }

    /** The network of a quantized checkpoint, or one of its text encoders. */
    void checkpoint(Path folder) {
        try (QuantizedCheckpoint checkpoint = open(folder)) {
            String component = checkpoint.config().component();
            Path config = folder.resolve(component).resolve("config.json");
            QuantizedLayers layers = checkpoint.layers();
            print(component, Json.read(config), id -> Optional.of(id)
                    .filter(layers.ids()::contains)
                    .map(layers::form));
        }
    }

    private QuantizedCheckpoint open(Path folder) {
        if (options.component == null
                || options.component.equals(QuantizationConfig.read(folder).component())) {
            return QuantizedCheckpoint.open(folder);
        }
        return QuantizedCheckpoint.openPart(folder, options.component)
                .orElseThrow(
                        () -> new UsageException("The quantized checkpoint " + folder + " does not hold a quantized '"
                                + options.component + "'; leave --component out, or pass the model's folder."));
    }

    private void print(String component, JsonNode config, Function<String, Optional<LayerForm>> forms) {
        Graph graph = Networks.build(config, shape(config));
        Optional<ExecutorProvider> device = Executors.providers().stream()
                .filter(provider -> provider.target().isPresent())
                .findFirst();
        Target target = device.flatMap(ExecutorProvider::target).orElse(Targets.ALL);
        Program program = Lowering.lower(graph, forms, steady(graph), target);
        ProgramTable table = ProgramTable.of(program);
        report.line(
                "%s (%s): %,d nodes became %,d steps, as %s runs them",
                component,
                graph.name(),
                graph.nodes().size(),
                program.steps().size(),
                device.map(ExecutorProvider::name).orElse("a device that fuses all it can"));
        program.inputs().values().forEach(value -> report.line("  input %s", value));
        report.line("");
        steps(table);
        report.line("");
        kinds(table);
        report.line("");
        report.line(
                "%s of memory for values, which would take %s apart; %d of %d steps run only when a text changes, or"
                        + " once (marked *)",
                Units.bytes(program.arenaBytes()),
                Units.bytes(apart(program)),
                program.steadySteps().cardinality(),
                program.steps().size());
        json(component, graph, program, table);
    }

    private NetworkShape shape(JsonNode config) {
        int side = config.path("sample_size").asInt(DEFAULT_SIDE);
        // An autoencoder's is that of pictures.
        int latents = Networks.architecture(config).equals("AutoencoderKL") ? Math.max(1, side / FACTOR) : side;
        boolean t5 = Networks.architecture(config).equals(SD3Transformer2D.NETWORK);
        return new NetworkShape(
                1,
                latents(options.height, "--height", latents),
                latents(options.width, "--width", latents),
                t5 ? CLIP_TOKENS + T5_TOKENS : CLIP_TOKENS);
    }

    private static int latents(Integer pixels, String option, int otherwise) {
        if (pixels == null) {
            return otherwise;
        }
        if (pixels <= 0 || pixels % FACTOR != 0) {
            throw new UsageException(
                    "The size " + pixels + " is no multiple of " + FACTOR + "; give another " + option + ".");
        }
        return pixels / FACTOR;
    }

    /** What stays while a picture is drawn: all but the latents and the timestep. */
    private static Set<String> steady(Graph graph) {
        if (!graph.inputs().containsKey(TIMESTEP)) {
            return Set.of();
        }
        return graph.inputs().values().stream()
                .filter(input -> !input.name().equals(TIMESTEP) && input.shape().rank() != 4)
                .map(input -> input.name())
                .collect(Collectors.toSet());
    }

    private void steps(ProgramTable table) {
        report.line("  %-22s %-26s %-26s %-28s %8s %7s  %s", "step", "reads", "writes", "with", "M mult", "MB", "node");
        if (options.all) {
            table.steps().forEach(step -> step("  ", step));
        } else {
            blocks("  ", table.blocks());
        }
    }

    private void blocks(String margin, List<ProgramTable.Block> blocks) {
        for (ProgramTable.Block block : blocks) {
            if (block.times() == 1) {
                block.steps().forEach(step -> step(margin, step));
            } else {
                report.line("%s%d times:", margin, block.times());
                blocks(margin + "| ", ProgramTable.blocks(block.steps()));
            }
        }
    }

    private void step(String margin, StepLine line) {
        report.line(
                "%s%-22s %-26s %-26s %-28s %8s %7.2f  %s%s",
                margin,
                line.kind(),
                line.reads(),
                line.writes(),
                line.with(),
                millions(line.multiplications()),
                line.bytes() * 1e-6,
                line.steady() ? "* " : "",
                line.id());
    }

    private void kinds(ProgramTable table) {
        ProgramTable.Sum total = table.total();
        report.line("  %-22s %6s %10s %6s %9s %6s", "kind", "steps", "M mult", "", "MB", "");
        table.kinds().forEach((kind, sum) -> kind(kind, sum, total));
        kind("all", total, total);
    }

    private void kind(String kind, ProgramTable.Sum sum, ProgramTable.Sum total) {
        report.line(
                "  %-22s %6d %10s %5.1f%% %9.1f %5.1f%%",
                kind,
                sum.steps(),
                millions(sum.multiplications()),
                share(sum.multiplications(), total.multiplications()),
                sum.bytes() * 1e-6,
                share(sum.bytes(), total.bytes()));
    }

    private static double share(long part, long of) {
        return of == 0 ? 0 : 100.0 * part / of;
    }

    private static String millions(long multiplications) {
        return multiplications == 0 ? "" : String.format(Locale.ROOT, "%,.1f", multiplications * 1e-6);
    }

    private static long apart(Program program) {
        Set<Value> values = new HashSet<>(program.inputs().values());
        program.steps().forEach(step -> step.writes().forEach(view -> values.add(view.value())));
        return values.stream().mapToLong(Value::bytes).sum();
    }

    private void json(String component, Graph graph, Program program, ProgramTable table) {
        json.put("kind", "program")
                .put("component", component)
                .put("network", graph.name())
                .put("nodes", graph.nodes().size())
                .put("arena_bytes", program.arenaBytes());
        ArrayNode steps = json.putArray("steps");
        for (StepLine line : table.steps()) {
            steps.addObject()
                    .put("node", line.id())
                    .put("step", line.kind())
                    .put("reads", line.reads())
                    .put("writes", line.writes())
                    .put("with", line.with())
                    .put("steady", line.steady())
                    .put("multiplications", line.multiplications())
                    .put("bytes", line.bytes());
        }
    }
}
