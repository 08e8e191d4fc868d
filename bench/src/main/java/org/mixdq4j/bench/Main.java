package org.mixdq4j.bench;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.mixdq4j.bench.compare.PeerModel;
import org.mixdq4j.bench.conformance.Ceilings;
import org.mixdq4j.bench.conformance.SpeedTable;
import org.mixdq4j.bench.gpu.GpuCheck;
import org.mixdq4j.bench.kernel.KernelTimes;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.bench.step.StepTimes;
import org.mixdq4j.bench.weights.RandomCheckpoint;
import org.mixdq4j.cli.terminal.Failures;
import org.mixdq4j.cli.terminal.Memory;
import org.mixdq4j.cli.terminal.ProgressLine;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.network.NetworkShape;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Times and memory of networks whose weights do not ship. Every command ends with the process' peak memory. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Times and memory of networks whose weights do not ship; random ones are made from their configuration.",
        subcommands = {
            Main.Weights.class,
            ModelCommand.class,
            QuantizeCommand.class,
            Main.Onnx.class,
            Main.Step.class,
            Main.Conformance.class,
            Main.Kernels.class,
            CompareCommand.class,
            PictureCommand.class,
            OneCommand.class,
            GpuCheck.class
        })
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs one command line. @return 0 done, 1 failed, 2 wrong usage */
    public static int run(String... args) {
        CommandLine command = new CommandLine(new Main())
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(Failures::usage);
        int code = command.execute(args);
        if (code != 0 || command.getParseResult().subcommand() == null || asksForHelp(command.getParseResult())) {
            return code;
        }
        Memory.peak().ifPresent(peak -> print(command.getOut(), "Peak memory: %s", Units.bytes(peak)));
        return code;
    }

    private static boolean asksForHelp(CommandLine.ParseResult parsed) {
        return parsed.subcommand().isUsageHelpRequested() || parsed.subcommand().isVersionHelpRequested();
    }

    private static void print(PrintWriter out, String line, Object... arguments) {
        out.println(String.format(Locale.ROOT, line, arguments));
        out.flush();
    }

    @Command(
            name = "kernels",
            mixinStandardHelpOptions = true,
            description =
                    "Times single steps of the CPU's programs that are no products, at SDXL's sizes for 512x512, by JMH.")
    static final class Kernels implements Callable<Integer> {
        @CommandLine.Spec
        private CommandLine.Model.CommandSpec spec;

        @Option(names = "--threads", description = "Threads (default: one a core).")
        private int threads = Runtime.getRuntime().availableProcessors();

        @Option(names = "--only", defaultValue = "", paramLabel = "TEXT", description = "Steps whose name holds this.")
        private String only;

        @Option(names = "--forks", defaultValue = "1", description = "Processes in which each is measured.")
        private int forks;

        @Option(names = "--rounds", defaultValue = "7", description = "Of a tenth of a second each; their mean counts.")
        private int rounds;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            new KernelTimes(threads, forks, rounds, 100)
                    .measure(
                            only,
                            row -> print(
                                    out,
                                    "%-60s %8.0f us +- %4.0f %7.1f %s",
                                    row.name(),
                                    row.micros(),
                                    row.error(),
                                    row.rate(),
                                    row.products() ? "GFLOP/s" : "GB/s"));
            return 0;
        }
    }

    @Command(
            name = "weights",
            mixinStandardHelpOptions = true,
            description = "Writes random FP16 weights for a component's config.json.")
    static final class Weights implements Callable<Integer> {
        @CommandLine.Spec
        private CommandLine.Model.CommandSpec spec;

        @Option(names = "--config", required = true, paramLabel = "DIR", description = "Folder with a config.json.")
        private Path config;

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of the component.")
        private Path out;

        @Option(names = "--seed", defaultValue = "0", description = "The same seed gives the same bytes.")
        private long seed;

        @Option(names = "--shard", defaultValue = "2000000000", paramLabel = "BYTES", description = "Most of a file.")
        private long shard;

        @Override
        public Integer call() {
            Component component = Component.open(config);
            long count = RandomCheckpoint.write(
                    out, component.config(), component.graphs(), seed, shard, ProgressLine.standard());
            print(spec.commandLine().getOut(), "%d weights in %s", count, out);
            return 0;
        }
    }

    @Command(
            name = "onnx",
            mixinStandardHelpOptions = true,
            description = "Writes a component as ONNX for ONNX Runtime on a CPU, in float or static INT8.")
    static final class Onnx implements Callable<Integer> {
        @Mixin
        private ComponentOption component;

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of model.onnx.")
        private Path out;

        @Option(names = "--int8", description = "Static INT8, with ranges from a few random calls.")
        private boolean int8;

        @Mixin
        private SizeOptions size;

        @Override
        public Integer call() {
            if (int8) {
                PeerModel.writeInt8(component.open(), size.shape(), size.small(), 2, out, ProgressLine.standard());
            } else {
                PeerModel.writeFloat(component.open(), size.shape(), out, ProgressLine.standard());
            }
            return 0;
        }
    }

    @Command(
            name = "conformance",
            mixinStandardHelpOptions = true,
            description =
                    "Times pieces of SDXL's network at 512x512 and says what part of the machine's best they reach.")
    static final class Conformance implements Callable<Integer> {
        @CommandLine.Spec
        private CommandLine.Model.CommandSpec spec;

        @Option(names = "--device", defaultValue = Executors.AUTO, description = "Executor. Default ${DEFAULT-VALUE}.")
        private String device;

        @Option(names = "--only", defaultValue = "", paramLabel = "TEXT", description = "Pieces whose name holds this.")
        private String only;

        @Option(names = "--runs", defaultValue = "5", description = "Of each piece; the median counts.")
        private int runs;

        @Option(names = "--simulated", description = "Simulate integers in float.")
        private boolean simulated;

        @Override
        public Integer call() {
            new SpeedTable(
                            device,
                            simulated ? Numerics.SIMULATED : Numerics.INTEGER,
                            runs,
                            spec.commandLine().getOut())
                    .print(only);
            return 0;
        }
    }

    @Command(
            name = "step",
            mixinStandardHelpOptions = true,
            description = "Loads a component, quantized or not, and runs it on random inputs.")
    static final class Step implements Callable<Integer> {
        @CommandLine.Spec
        private CommandLine.Model.CommandSpec spec;

        @Mixin
        private ComponentOption component;

        @Option(names = "--quantized", paramLabel = "DIR", description = "Its quantized checkpoint; without, FP32.")
        private Path quantized;

        @Mixin
        private SizeOptions size;

        @Option(names = "--steps", defaultValue = "2", description = "How often it is run.")
        private int steps;

        @Option(
                names = "--budget",
                description = "Also time each step of the program, and print where the time goes, by kind and by size.")
        private boolean budget;

        @Override
        public Integer call() {
            NetworkShape shape = size.shape();
            Graph graph = component.open().graph(shape);
            Set<String> layers = quantized == null
                    ? Set.of()
                    : graph.layers().stream().map(Node::id).collect(Collectors.toSet());
            try (Executor executor = Executors.best(graph, layers, Numerics.INTEGER)) {
                StepTimes times = measure(shape, executor);
                PrintWriter out = spec.commandLine().getOut();
                print(out, "%s", executor.description());
                print(out, "Loaded in %.1f s: %s of weights", times.loadSeconds(), Units.bytes(times.weightBytes()));
                print(
                        out,
                        "Steps: %s; largest output %.3g",
                        times.stepSeconds().stream()
                                .map(seconds -> String.format(Locale.ROOT, "%.2f s", seconds))
                                .collect(Collectors.joining(", ")),
                        times.largest());
                times.budget().ifPresent(found -> found.print(out, Ceilings.measure()));
            }
            return 0;
        }

        private StepTimes measure(NetworkShape shape, Executor executor) {
            Component network = component.open();
            if (quantized == null) {
                return StepTimes.measure(network, Optional.empty(), shape, steps, budget, executor);
            }
            try (QuantizedCheckpoint checkpoint = network.quantized(quantized)) {
                return StepTimes.measure(network, Optional.of(checkpoint), shape, steps, budget, executor);
            }
        }
    }
}
