package org.mixdq4j.bench.compare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.bench.step.Component;
import org.mixdq4j.cli.terminal.Units;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.safetensors.SafetensorsFile;

/**
 * Several contenders on one network and the same random inputs, each in a process of its own, one after the other, in rounds:
 * what disturbs the machine for a while disturbs all of them.
 */
public final class Comparison {
    private static final int CALLS = 2;
    private static final int SMALL = 32;
    private static final int TAIL = 12;

    private final Class<?> main;
    private final Component component;
    private final NetworkShape shape;
    private final Optional<Path> quantized;
    private final Path work;
    private final Map<Contender, List<Measured>> measured = new LinkedHashMap<>();

    /**
     * @param main whose command {@code one} measures one contender
     * @param quantized checkpoint for {@link Contender#MIXDQ}
     * @param work folder for ONNX files, which are made once for each size, and results
     */
    public Comparison(Class<?> main, Component component, NetworkShape shape, Optional<Path> quantized, Path work) {
        this.main = main;
        this.component = component;
        this.shape = shape;
        this.quantized = quantized;
        this.work = work;
    }

    /** Measures. @param steps timed runs in each of {@code rounds} processes */
    public void run(List<Contender> contenders, int rounds, int steps, int threads, Progress progress) {
        for (Contender contender : contenders) {
            measured.put(contender, new ArrayList<>());
            if (contender.onnx() && !Files.exists(onnx(contender))) {
                writeOnnx(contender, progress);
            }
        }
        progress.begin("measuring", (long) rounds * contenders.size());
        int done = 0;
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                measured.get(contender).add(child(contender, steps, threads));
                progress.at(++done);
            }
        }
        progress.end();
    }

    private void writeOnnx(Contender contender, Progress progress) {
        Path folder = onnx(contender).getParent();
        if (!contender.quantized()) {
            PeerModel.writeFloat(component, shape, folder, progress);
            return;
        }
        NetworkShape small = new NetworkShape(
                shape.batch(), Math.min(SMALL, shape.height()), Math.min(SMALL, shape.width()), shape.tokens());
        PeerModel.writeInt8(component, shape, small, CALLS, folder, progress);
    }

    private Path onnx(Contender contender) {
        String folder = component.folder().toAbsolutePath().normalize().toString();
        String digest = Sha256.brief(Sha256.of((folder + component.config()).getBytes(StandardCharsets.UTF_8)));
        String size =
                component.name() + "-" + digest + "-" + shape.height() + "x" + shape.width() + "-" + shape.tokens();
        return work.resolve(size)
                .resolve(contender.quantized() ? "int8" : "float")
                .resolve(PeerModel.FILE);
    }

    private Measured child(Contender contender, int steps, int threads) {
        Path result = work.resolve(contender.word() + ".json");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of(main.getName(), "one"));
        command.addAll(List.of("--contender", contender.word(), "--result", result.toString()));
        command.addAll(List.of("--component", component.folder().toString()));
        command.addAll(List.of("--height", "" + shape.height(), "--width", "" + shape.width()));
        command.addAll(List.of("--tokens", "" + shape.tokens(), "--steps", "" + steps, "--threads", "" + threads));
        if (contender.onnx()) {
            command.addAll(List.of("--onnx", onnx(contender).toString()));
        } else if (contender.quantized()) {
            command.addAll(List.of("--quantized", quantized.orElseThrow().toString()));
        }
        Path log = work.resolve(contender.word() + ".log");
        try {
            Files.createDirectories(work);
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            // Not as an option: ONNX Runtime crashes in a process whose command line is longer than some thousand
            // characters.
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            Process process = builder.start();
            int code = process.waitFor();
            if (code != 0) {
                List<String> lines = Files.readAllLines(log);
                throw new MixdqException(
                        contender.title() + " did not run to its end (exit code " + code + "); " + log + " ends with: "
                                + String.join(" ", lines.subList(Math.max(0, lines.size() - TAIL), lines.size())));
            }
        } catch (IOException e) {
            throw AtomicFiles.failure("write", log, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MixdqException("The comparison was interrupted.", e);
        }
        return Measured.read(result);
    }

    /** Lines for people: medians, ratios to the first contender's, and how far outputs are from the first float ones. */
    public List<String> table() {
        List<String> lines = new ArrayList<>();
        String format = "%-20s %9s %9s %9s %8s %10s %8s";
        lines.add(String.format(Locale.ROOT, format, "", "load", "first", "median", "ratio", "peak", "SQNR"));
        measured.forEach((contender, runs) -> lines.add(String.format(
                Locale.ROOT,
                format,
                contender.title(),
                seconds(load(runs)),
                seconds(runs.get(0).firstSeconds()),
                seconds(step(runs)),
                String.format(Locale.ROOT, "%.3f", step(runs) / first()),
                Units.bytes(peak(runs)),
                sqnr(contender).map(Units::decibels).orElse(""))));
        return lines;
    }

    /** The same, and every time, as JSON. */
    public ObjectNode json() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("component", component.name()).put("height", shape.height()).put("width", shape.width());
        json.put("tokens", shape.tokens());
        ObjectNode all = json.putObject("contenders");
        measured.forEach((contender, runs) -> {
            ObjectNode entry = all.putObject(contender.word());
            entry.put("title", contender.title()).put("description", runs.get(0).description());
            entry.put("median_seconds", step(runs)).put("ratio_to_first", step(runs) / first());
            entry.put("load_seconds", load(runs)).put("peak_bytes", peak(runs));
            sqnr(contender).filter(Double::isFinite).ifPresent(db -> entry.put("output_sqnr_db", db));
            runs.forEach(run -> run.stepSeconds().forEach(entry.withArray("step_seconds")::add));
        });
        return json;
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 1 ? "%.4f s" : "%.2f s", seconds);
    }

    private double first() {
        return step(measured.values().iterator().next());
    }

    private static double step(List<Measured> runs) {
        return median(runs.stream().flatMap(run -> run.stepSeconds().stream()).toList());
    }

    private static double load(List<Measured> runs) {
        return median(runs.stream().map(Measured::loadSeconds).toList());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }

    private static long peak(List<Measured> runs) {
        return runs.stream().mapToLong(Measured::peakBytes).max().orElse(0);
    }

    /** Against the first contender in float, if there is one. */
    private Optional<Double> sqnr(Contender contender) {
        Optional<Contender> reference =
                measured.keySet().stream().filter(other -> !other.quantized()).findFirst();
        if (reference.isEmpty() || reference.get() == contender) {
            return Optional.empty();
        }
        Sqnr sqnr = new Sqnr();
        try (SafetensorsFile expected = outputs(reference.get());
                SafetensorsFile found = outputs(contender)) {
            expected.names()
                    .forEach(name -> sqnr.add(
                            expected.tensor(name).toFloatArray(),
                            found.tensor(name).toFloatArray()));
        }
        return Optional.of(sqnr.decibels());
    }

    private SafetensorsFile outputs(Contender contender) {
        return SafetensorsFile.open(OneRun.outputs(work.resolve(contender.word() + ".json")));
    }
}
