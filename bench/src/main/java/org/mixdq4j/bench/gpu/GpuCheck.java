package org.mixdq4j.bench.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.mixdq4j.cli.terminal.Failures;
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
            defaultValue = "180",
            description = "For plain Java beside the kernels; large steps are left out. Default: ${DEFAULT-VALUE}.")
    private double seconds;

    @Option(names = "--host", description = "Let plain Java stand for the GPU: a check of this program alone.")
    private boolean host;

    private final ObjectNode report = Json.mapper().createObjectNode();
    private boolean failed;

    public static void main(String[] args) {
        System.exit(new CommandLine(new GpuCheck())
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(Failures::usage)
                .execute(args));
    }

    @Override
    public Integer call() {
        if (host) {
            report.put("device", "plain Java");
        } else {
            report.put("device", Gpu.find().line());
        }
        line("%s", report.get("device").asText());
        if (wanted("kernels")) {
            kernels();
        }
        if (wanted("networks")) {
            networks();
        }
        benches();
        report.put("passed", !failed);
        if (json != null) {
            AtomicFiles.writeString(json, report.toPrettyString() + "\n");
        }
        line(failed ? "FAILED: see above." : "All that was checked is right.");
        return failed ? 1 : 0;
    }

    private boolean wanted(String part) {
        return only.isEmpty() || only.contains(part);
    }

    private Device device() {
        return host
                ? new HostDevice(new DeviceInfo("plain Java", 9, 0, 132, 232448, 60L << 20), Families.twins())
                : DriverDevice.open();
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
        ArrayNode array = report.putArray("kernels");
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
        line(
                "kernels: %d values of %d steps compared, %d wrong; %d steps left out as plain Java is slow",
                result.checks().size(), result.steps(), result.failed().size(), result.left());
    }

    private void networks() {
        ArrayNode array = report.putArray("networks");
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

    private void benches() {
        ArrayNode array = report.putArray("benches");
        for (NetworkBench bench : NetworkBench.all()) {
            if (wanted(bench.name()) || only.contains("benches")) {
                try (Executor executor = new CudaExecutor(device())) {
                    add(array, bench.run(executor));
                }
            }
        }
        for (int bits : List.of(8, 4)) {
            if (wanted("picture-512-w" + bits) || only.contains("benches")) {
                try (Executor executor = new CudaExecutor(device())) {
                    add(array, NetworkBench.picture(executor, bits));
                }
            }
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
