package org.mixdq4j.bench.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.mixdq4j.cli.terminal.Failures;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.driver.DriverDevice;
import org.mixdq4j.cuda.device.driver.Gpu;
import org.mixdq4j.cuda.device.host.HostDevice;
import org.mixdq4j.cuda.program.CudaExecutor;
import org.mixdq4j.cuda.program.Families;
import org.mixdq4j.cuda.program.SideBySide;
import org.mixdq4j.cuda.program.StepCheck;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Everything that has to be seen on a GPU, in one run or a part at a time. */
@Command(
        name = "gpu",
        mixinStandardHelpOptions = true,
        description = {
            "Checks the CUDA executor on a GPU, then times it.",
            "  kernels    steps of networks, each against plain Java on the same memory",
            "  networks   all networks of the small models against plain Java",
            "  NAME       one bench: unet-512-w8, unet-512-b4-w8, unet-1024-w8, mmdit-512-w8, mmdit-1024-w8, the same with"
                    + " -w4, vae-512, clip-l, clip-g, picture-512-w8, picture-512-w4",
            "  benches    all of these"
        })
public final class GpuCheck implements Callable<Integer> {
    private static final NetworkShape SMALL = new NetworkShape(1, 16, 16, 77);
    private static final NetworkShape ODD = new NetworkShape(3, 24, 40, 77);

    private static final DeviceInfo H200 = new DeviceInfo("H200", 9, 0, 132, 232448, 60L << 20);

    private static final String BENCHES = "benches";

    @Spec
    private CommandSpec spec;

    @Option(names = "--only", split = ",", paramLabel = "NAME", description = "Do these parts only.")
    private List<String> only = List.of();

    @Option(names = "--models", paramLabel = "FOLDER", description = "Where the small models lie.")
    private Path models = Path.of(System.getProperty("mixdq.root", "."), "util_files", "models");

    @Option(names = "--json", paramLabel = "FILE", description = "Write what was found to this file.")
    private Path json;

    @Option(
            names = "--seconds",
            defaultValue = "100",
            description = "For plain Java beside the kernels; large steps are left out. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(names = "--append", description = "Add to what the file of --json holds.")
    private boolean append;

    @Option(names = "--list", description = "Print the names of all parts and do nothing.")
    private boolean list;

    @Option(
            names = "--launches",
            description = "Print what networks are launched as on an H200, and how much it is; needs no GPU.")
    private boolean launches;

    @Option(names = "--host", description = "Let plain Java stand for the GPU: a check of this program alone.")
    private boolean host;

    private final ObjectNode report = Json.mapper().createObjectNode();
    private boolean failed;
    /** Of runs that this one adds to. */
    private boolean passedBefore = true;

    public static void main(String[] args) {
        System.exit(new CommandLine(new GpuCheck())
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(Failures::usage)
                .execute(args));
    }

    @Override
    public Integer call() {
        Map<String, Runnable> parts = parts();
        if (list) {
            parts.keySet().forEach(name -> line("%s", name));
            return 0;
        }
        only.stream()
                .filter(name -> !name.equals(BENCHES) && !parts.containsKey(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new UsageException("There is no part '" + name + "' to check; there are "
                            + String.join(", ", parts.keySet()) + ", and 'benches' for all that are timed.");
                });
        if (launches) {
            NetworkBench.all().stream()
                    .filter(bench -> wanted(bench.name()))
                    .flatMap(bench -> LaunchTable.lines(bench, H200).stream())
                    .forEach(text -> line("%s", text));
            return 0;
        }
        begin();
        report.put("device", host ? "plain Java" : Gpu.find().line());
        line("%s", report.get("device").asText());
        parts.forEach((name, part) -> {
            if (wanted(name)) {
                run(name, part);
            }
        });
        line(failed ? "FAILED: see above." : "All that was checked is right.");
        return failed ? 1 : 0;
    }

    /** By name, in the order in which they are done. */
    private Map<String, Runnable> parts() {
        Map<String, Runnable> parts = new LinkedHashMap<>();
        parts.put("kernels", this::kernels);
        parts.put("networks", this::networks);
        for (NetworkBench bench : NetworkBench.all()) {
            parts.put(bench.name(), () -> add(bench::run));
        }
        for (int bits : List.of(8, 4)) {
            parts.put("picture-512-w" + bits, () -> add(executor -> NetworkBench.picture(executor, bits)));
        }
        return parts;
    }

    /** What fails does not keep the others from being seen, and what was found is on disk after each. */
    private void run(String name, Runnable part) {
        try {
            part.run();
        } catch (RuntimeException e) {
            failed = true;
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            report.withArray("failures").addObject().put("part", name).put("message", message);
            line("  WRONG %s: %s", name, message);
            if (!(e instanceof MixdqException)) {
                e.printStackTrace(spec.commandLine().getErr());
            }
        }
        report.put("passed", !failed && passedBefore);
        if (json != null) {
            AtomicFiles.writeString(json, report.toPrettyString() + "\n");
        }
    }

    private void begin() {
        if (append && json != null && Files.exists(json)) {
            report.setAll((ObjectNode) Json.read(json));
            passedBefore = report.path("passed").asBoolean();
        }
    }

    private boolean wanted(String part) {
        boolean checks = part.equals("kernels") || part.equals("networks");
        return only.isEmpty() || only.contains(part) || !checks && only.contains(BENCHES);
    }

    private Device device() {
        return host ? new HostDevice(H200, Families.twins()) : DriverDevice.open();
    }

    private void kernels() {
        KernelChecks checks = new KernelChecks();
        for (NetworkShape shape : List.of(SMALL, ODD)) {
            for (String network : List.of("sdxl/unet", "sd3/transformer", "sd1/unet")) {
                for (int bits : List.of(8, 4)) {
                    RandomNetwork random = RandomNetwork.of(network);
                    Graph graph = random.graph(shape);
                    boolean tokens = network.startsWith("sd3");
                    checks.add(
                            network + " W" + bits,
                            graph,
                            random.weights(graph),
                            random.layers(graph, bits, tokens),
                            FloatType.F16);
                }
            }
            for (String network : List.of("sdxl/vae", "sdxl/text_encoder", "sdxl/text_encoder_2")) {
                RandomNetwork random = RandomNetwork.of(network);
                Graph graph = random.graph(shape);
                for (FloatType floats : List.of(FloatType.F16, FloatType.BF16, FloatType.F32)) {
                    checks.add(network + " " + floats, graph, random.weights(graph), QuantizedLayers.NONE, floats);
                }
            }
        }
        KernelChecks.Result result;
        try (Device device = device()) {
            result = checks.run(device, seconds);
        }
        ArrayNode array = report.withArray("kernels");
        for (StepCheck check : result.checks()) {
            array.addObject()
                    .put("network", result.networks().get(check.step()))
                    .put("step", check.step())
                    .put("kernels", String.join(" ", check.kernels()))
                    .put("value", check.value())
                    .put("type", check.type().toString())
                    .put("exact", check.exact())
                    .put("elements", check.count())
                    .put("differing", check.differing())
                    .put("error", check.error())
                    .put("passed", check.passed());
        }
        report.put("kernels_not_checked", result.left());
        for (StepCheck check : result.failed()) {
            failed = true;
            line(
                    "  WRONG %s, step %s (%s): %d of %d %s differ, error %.3g",
                    result.networks().get(check.step()),
                    check.step(),
                    String.join(" ", check.kernels()),
                    check.differing(),
                    check.count(),
                    check.type(),
                    check.error());
        }
        result.trouble().ifPresent(trouble -> {
            throw new MixdqException(trouble);
        });
        line(
                "kernels: %d values of %d steps compared, %d wrong; %d steps left out as plain Java is slow",
                result.checks().size(), result.steps(), result.failed().size(), result.left());
    }

    private void networks() {
        ArrayNode array = report.withArray("networks");
        for (String model : List.of("tiny-sdxl-turbo", "tiny-sd3")) {
            try (Executor gpu = new CudaExecutor(device());
                    Executor java = new CudaExecutor(new HostDevice(info(), Families.twins()))) {
                for (NetworkChecks.Result result : NetworkChecks.run(models.resolve(model), gpu, java)) {
                    add(array, result);
                }
            }
        }
    }

    private void add(ArrayNode array, NetworkChecks.Result result) {
        SideBySide found = result.found();
        array.addObject()
                .put("network", result.network())
                .put("numerics", result.numerics())
                .put("sqnr_db", Math.min(found.sqnr(), 999))
                .put("levels", found.levels())
                .put("differing", found.differing())
                .put("furthest", found.furthest())
                .put("repeats", found.repeats())
                .put("passed", result.passed());
        failed |= !result.passed();
        line(
                "  %-32s %-5s %7.1f dB%s%s",
                result.network(),
                result.numerics(),
                found.sqnr(),
                found.levels() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", %d of %d levels differ, by %d at most",
                                found.differing(),
                                found.levels(),
                                found.furthest()),
                result.passed()
                        ? ""
                        : "  WRONG: "
                                + (found.repeats() ? NetworkChecks.EXPECTED : "other bits when run step by step"));
    }

    private DeviceInfo info() {
        try (Device device = device()) {
            return device.info();
        }
    }

    private void add(Function<Executor, NetworkBench.Result> bench) {
        try (Executor executor = new CudaExecutor(device())) {
            add(report.withArray(BENCHES), bench.apply(executor));
        }
    }

    private void add(ArrayNode array, NetworkBench.Result result) {
        array.addObject()
                .put("name", result.name())
                .put("median_ms", result.milliseconds())
                .put("fastest_ms", result.fastest())
                .put("load_seconds", result.loadSeconds())
                .put("weight_bytes", result.weightBytes());
        line(
                "  %-16s %8.2f ms (fastest %.2f), weights %.2f GiB, loaded in %.1f s",
                result.name(),
                result.milliseconds(),
                result.fastest(),
                result.weightBytes() / (double) (1L << 30),
                result.loadSeconds());
    }

    private void line(String text, Object... arguments) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(String.format(Locale.ROOT, text, arguments));
        out.flush();
    }
}
