package org.mixdq4j.core.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.safetensors.SafetensorsFile;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.LeftOut;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Runs a model folder on recorded inputs and compares with what the original implementation gave. The folder holds
 * config.json, weights and {@code io.safetensors} with inputs {@code in.*}, outputs {@code out.*} and values inside
 * {@code tap.*} by module path; or, instead of config and weights, a model.json {@code {"model": "<sibling folder>"}}.
 */
public final class ParityCheck {
    private static final String IN = "in.";
    private static final String OUT = "out.";
    private static final String TAP = "tap.";

    private ParityCheck() {}

    /** @throws MixdqException if the folder is no such fixture, or records a value the network does not have */
    public static List<ParityResult> run(Path folder, InstrumentedExecutor executor) {
        return run(folder, Optional.empty(), executor);
    }

    /** @param variant which weights files to read, where the folder has several */
    public static List<ParityResult> run(Path folder, Optional<String> variant, InstrumentedExecutor executor) {
        Path recorded = folder.resolve("io.safetensors");
        if (!Files.isRegularFile(recorded)) {
            throw new MixdqException("The folder " + folder
                    + " has no io.safetensors to compare with; see docs/artifacts.md for how to record one.");
        }
        Path model = modelFolder(folder);
        JsonNode config = Networks.read(model.resolve("config.json"));
        List<ParityResult> results = new ArrayList<>();
        try (SafetensorsFile io = SafetensorsFile.open(recorded);
                SafetensorsFolder weights = SafetensorsFolder.open(model, variant)) {
            Set<String> open = new LinkedHashSet<>();
            io.names().stream()
                    .filter(n -> n.startsWith(OUT) || n.startsWith(TAP))
                    .forEach(open::add);
            for (Graph graph : RecordedGraphs.of(config, io)) {
                List<ParityResult> compared = compare(graph, weights, io, open, executor);
                compared.forEach(result -> open.remove(result.name()));
                results.addAll(compared);
            }
            if (!open.isEmpty()) {
                throw new MixdqException(
                        recorded + " records " + open.iterator().next() + ", which " + "the network built from "
                                + model.resolve("config.json") + " does not have.");
            }
        }
        return results;
    }

    private static Path modelFolder(Path folder) {
        Path reference = folder.resolve("model.json");
        return Files.isRegularFile(reference)
                ? folder.resolveSibling(Json.read(reference).path("model").asText())
                : folder;
    }

    /**
     * A tensor that a formula gives may have been rounded on its way into the file (FP16) and not have been when the
     * recording was made, or both times; that cannot be seen from outside, so the closer of the two counts.
     */
    private static List<ParityResult> compare(
            Graph graph, WeightSource weights, SafetensorsFile io, Set<String> open, InstrumentedExecutor executor) {
        List<ParityResult> asStored = compare(executor, CheckpointNames.adapt(weights, graph), graph, io, open);
        Set<String> formulas = graph.formulas().keySet();
        if (weights.names().stream().noneMatch(formulas::contains)) {
            return asStored;
        }
        WeightSource exact = CheckpointNames.adapt(new LeftOut(weights, formulas), graph);
        List<ParityResult> asComputed = compare(executor, exact, graph, io, open);
        return worst(asComputed) < worst(asStored) ? asComputed : asStored;
    }

    private static double worst(List<ParityResult> results) {
        return results.stream().mapToDouble(ParityResult::relative).max().orElse(0);
    }

    private static List<ParityResult> compare(
            InstrumentedExecutor executor, WeightSource weights, Graph graph, SafetensorsFile io, Set<String> open) {
        try (Instrumented compiled = executor.compile(graph, weights)) {
            return compare(compiled, io, open);
        }
    }

    private static List<ParityResult> compare(Instrumented model, SafetensorsFile io, Set<String> open) {
        Graph graph = model.graph();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().keySet().forEach(name -> inputs.put(name, io.tensor(IN + name)));
        Map<String, List<String>> taps = new LinkedHashMap<>();
        for (String name : open) {
            String module = name.substring(TAP.length());
            if (name.startsWith(TAP) && graph.contains(module)) {
                taps.computeIfAbsent(graph.node(module).id(), id -> new ArrayList<>())
                        .add(name);
            }
        }
        List<ParityResult> results = new ArrayList<>();
        Observer observer = new Observer() {
            @Override
            public boolean watches(String id) {
                return taps.containsKey(id);
            }

            @Override
            public void observe(String id, Tensor value) {
                taps.get(id).forEach(name -> results.add(compare(name, io.tensor(name), value)));
            }
        };
        Map<String, Tensor> outputs = model.run(inputs, graph.outputs().keySet(), observer);
        outputs.forEach((name, value) -> {
            if (open.contains(OUT + name)) {
                results.add(compare(OUT + name, io.tensor(OUT + name), value));
            }
        });
        return results;
    }

    /** Largest difference between two tensors of one shape. */
    public static ParityResult compare(String name, Tensor reference, Tensor ours) {
        if (!reference.shape().equals(ours.shape())) {
            throw new MixdqException("The value " + name + " has shape " + ours.shape() + ", the reference "
                    + reference.shape() + "; they are not of the same network.");
        }
        float[] a = reference.toFloatArray();
        float[] b = ours.toFloatArray();
        double scale = 0;
        double error = 0;
        for (int i = 0; i < a.length; i++) {
            scale = Math.max(scale, Math.abs(a[i]));
            double difference = Math.abs((double) a[i] - b[i]);
            // Comparing so that NaN wins: Math.max keeps it.
            error = Math.max(error, difference);
        }
        return new ParityResult(name, scale, error);
    }
}
