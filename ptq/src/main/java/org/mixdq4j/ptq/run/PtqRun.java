package org.mixdq4j.ptq.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mixdq4j.core.calibration.CachedStatistics;
import org.mixdq4j.core.calibration.StatisticsSource;
import org.mixdq4j.core.checkpoint.DamagedWeights;
import org.mixdq4j.core.checkpoint.ModelFingerprint;
import org.mixdq4j.core.checkpoint.QuantizationConfig;
import org.mixdq4j.core.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.CompiledModel;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.model.CheckpointNames;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.statistics.ActivationStatistics;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.quantize.LayerPlanner;
import org.mixdq4j.ptq.rounding.NetworkRounding;
import org.mixdq4j.ptq.rounding.RoundingOptions;
import org.mixdq4j.ptq.rounding.RoundingReport;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * Float model, calibration set and scheme to a quantized checkpoint. All is written to {@code <out>.partial}, which
 * takes the place of {@code out} when it is whole; what a stopped run had measured is found there and not measured again.
 */
public final class PtqRun {
    private static final String PROBE = "layer_sensitivity.json";
    private static final String SUMMARY = "summary.json";
    /** 0.07 * 100 is a little over 7 in doubles, yet 7 layers are meant. */
    private static final double ROUNDING = 1e-9;

    private final PtqRequest request;
    private final StatisticsSource statisticsSource;
    private final Executor executor;
    private final Progress progress;
    private final Path work;

    public PtqRun(PtqRequest request, StatisticsSource statisticsSource, Executor executor, Progress progress) {
        this.request = request;
        this.statisticsSource = statisticsSource;
        this.executor = executor;
        this.progress = progress;
        this.work = QuantizedCheckpoint.partial(request.out());
    }

    /** @throws UsageException if something is in the way at {@code out} */
    public PtqSummary run() {
        requireFreeOutput();
        ModelFingerprint model = ModelFingerprint.of(request.model());
        DiffusionNetwork network = DiffusionNetwork.of(request.model());
        requireModelOfCalibration(model, network.component());
        JsonNode settings = request.calibration().manifest().settings();
        Graph graph = network.graph(
                settings.path("height").asInt(), settings.path("width").asInt());
        prepareWork(network.component());
        PtqSummary summary;
        try (SafetensorsFolder source = request.model().weights(network.component())) {
            WeightSource weights = CheckpointNames.adapt(source, graph);
            try (CompiledModel model32 = executor.compile(graph, weights)) {
                summary = quantize(network, graph, weights, model32, model);
            }
        }
        Json.write(work.resolve(SUMMARY), summary.toJson());
        NetworkRounding.forget(work);
        Folders.replace(work, request.out());
        return summary;
    }

    private void requireModelOfCalibration(ModelFingerprint model, String component) {
        try {
            request.calibration().requireMadeWith(model, request.model());
        } catch (MixdqException foreign) {
            // A damaged model is another one, too; that it is damaged says more.
            try (SafetensorsFolder weights = request.model().weights(component)) {
                DamagedWeights.refuse(weights);
            }
            throw foreign;
        }
    }

    /** A folder to work in, without the half files of a killed run: all in it becomes the checkpoint. */
    private void prepareWork(String component) {
        AtomicFiles.createDirectories(work);
        AtomicFiles.deleteLeftovers(work);
        AtomicFiles.deleteLeftovers(work.resolve(component));
    }

    private void requireFreeOutput() {
        Path out = request.out();
        if (!Files.exists(out)) {
            return;
        }
        if (!QuantizationConfig.isIn(out)) {
            throw new UsageException(
                    "The path " + out
                            + " exists and is no quantized checkpoint; give another --out so that nothing of yours is replaced.");
        }
        if (!request.overwrite()) {
            throw new UsageException("There is a quantized checkpoint in " + out
                    + " already; give another --out, or --overwrite to replace it once the new one is finished.");
        }
    }

    private PtqSummary quantize(
            DiffusionNetwork network,
            Graph graph,
            WeightSource weights,
            CompiledModel model,
            ModelFingerprint fingerprint) {
        Scheme scheme = request.scheme();
        LayerPlanner planner = new LayerPlanner(graph);
        Map<String, String> kept = planner.keptFloat(scheme);
        requireLayersLeft(graph, kept.size());
        Optional<NetworkRounding> rounder = rounding(model, weights);
        ActivationStatistics statistics = statistics(graph, model);
        LayerQuantizer quantizer = LayerPlanner.quantizer(weights, statistics, scheme);
        Map<String, QuantizedLayer> layers = quantizeAll(graph, planner, quantizer, scheme, kept);
        QualityProbe probe = new QualityProbe(model);
        Map<String, Double> alone = scheme.keep().worst() > 0 ? probeAlone(probe, layers) : noProbe();
        protectWorst(graph, alone, kept);
        layers.keySet().removeAll(kept.keySet());
        Map<String, LayerQuant> quants = new LinkedHashMap<>();
        layers.keySet().forEach(id -> quants.put(id, planner.quant(graph.node(id), scheme)));
        Optional<RoundingReport> rounding = rounder.filter(r -> r.concerns(quants.values()))
                .map(r -> {
                    NetworkRounding.Outcome outcome = r.improve(layers, quants, quantizer);
                    layers.putAll(outcome.layers());
                    return outcome.report();
                });
        Map<String, Double> quality = Map.of();
        if (request.ablationRows() > 0) {
            var variants = new Variants(graph, planner, quantizer, scheme).of(layers, kept.keySet());
            quality = probe.variants("quality of variants", variants, rows(request.ablationRows()), progress);
        }

        QuantizationConfig config = new QuantizationConfig(
                network.component(), fingerprint, calibrationDigest(), scheme.toJson(), "", quants, kept);
        QuantizedCheckpointWriter.write(work, graph, weights, layers, config, network.config());
        return new PtqSummary(
                countForms(quants, kept),
                4 * graph.parameterCount(),
                Folders.size(request.model().component(network.component()), ".safetensors"),
                Folders.size(QuantizedCheckpoint.weightsFile(work, network.component())),
                alone,
                kept,
                quality,
                quality.isEmpty()
                        ? 0
                        : Math.min(request.ablationRows(), request.calibration().rowCount()),
                rounding);
    }

    private Optional<NetworkRounding> rounding(CompiledModel model, WeightSource weights) {
        return request.scheme().weights().rounding() == Scheme.Rounding.GPTQ
                ? Optional.of(new NetworkRounding(
                        model, weights, request.calibration(), work, RoundingOptions.defaults(), progress))
                : Optional.empty();
    }

    private String calibrationDigest() {
        return request.calibration().digest();
    }

    private static String digest(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private ActivationStatistics statistics(Graph graph, CompiledModel model) {
        Scheme.Activations how = request.scheme().activations();
        return new CachedStatistics(statisticsSource, work)
                .collect(
                        graph,
                        new LayerForms(graph).allKeys(),
                        how.momentum(),
                        how.batch(),
                        model,
                        request.calibration(),
                        progress);
    }

    private Map<String, QuantizedLayer> quantizeAll(
            Graph graph, LayerPlanner planner, LayerQuantizer quantizer, Scheme scheme, Map<String, String> kept) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        List<Node> todo = graph.layers().stream()
                .filter(layer -> !kept.containsKey(layer.id()))
                .toList();
        progress.begin("quantizing layers", todo.size());
        for (Node layer : todo) {
            layers.put(layer.id(), quantizer.quantize(layer, planner.quant(layer, scheme)));
            progress.at(layers.size());
        }
        progress.end();
        return layers;
    }

    private Map<String, Double> probeAlone(QualityProbe probe, Map<String, QuantizedLayer> layers) {
        String identity = digest(calibrationDigest() + request.scheme().toJson());
        Path file = work.resolve(PROBE);
        if (Files.isRegularFile(file)) {
            JsonNode saved = Json.read(file);
            if (saved.path("identity").asText().equals(identity)) {
                Map<String, Double> alone = new LinkedHashMap<>();
                saved.path("sqnr_db")
                        .fields()
                        .forEachRemaining(
                                e -> alone.put(e.getKey(), e.getValue().asDouble()));
                return alone;
            }
        }
        Map<String, Map<String, QuantizedLayer>> single = new LinkedHashMap<>();
        layers.forEach((id, layer) -> single.put(id, Map.of(id, layer)));
        Map<String, Double> alone = probe.variants(
                "layer sensitivity", single, rows(request.scheme().keep().samples()), progress);
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("identity", identity);
        ObjectNode decibels = json.putObject("sqnr_db");
        alone.forEach(decibels::put);
        Json.write(file, json);
        return alone;
    }

    /** What a stopped run with another scheme measured does not belong into this one's checkpoint. */
    private Map<String, Double> noProbe() {
        try {
            Files.deleteIfExists(work.resolve(PROBE));
        } catch (IOException e) {
            throw AtomicFiles.failure("delete", work.resolve(PROBE), e);
        }
        return Map.of();
    }

    private List<Map<String, Tensor>> rows(int count) {
        return QualityProbe.rows(request.calibration(), count);
    }

    private int worstCount(Graph graph) {
        return (int) Math.ceil(request.scheme().keep().worst() * graph.layers().size() - ROUNDING);
    }

    /** Before anything is measured: a checkpoint without a quantized layer is none, and reading it would fail. */
    private void requireLayersLeft(Graph graph, int kept) {
        int all = graph.layers().size();
        if (kept + worstCount(graph) >= all) {
            throw new UsageException("The scheme " + request.scheme().name() + " keeps all " + all
                    + " layers in float, so there is nothing to quantize; keep fewer in its keep_float section.");
        }
    }

    /** The worst ceil(share * layers) stay in float (MixDQ's "1 %"). */
    private void protectWorst(Graph graph, Map<String, Double> alone, Map<String, String> kept) {
        PtqSummary.worst(alone, worstCount(graph))
                .forEach(entry -> kept.put(
                        entry.getKey(),
                        String.format(Locale.ROOT, "among the worst alone: output SQNR %.1f dB", entry.getValue())));
    }

    private static Map<String, Integer> countForms(Map<String, LayerQuant> quants, Map<String, String> kept) {
        Map<String, Integer> counts = new TreeMap<>();
        quants.values().forEach(quant -> {
            String form = "W" + quant.weight().map(w -> w.bits()).orElse(16) + "A"
                    + quant.activation().map(a -> a.bits()).orElse(16);
            counts.merge(form, 1, Integer::sum);
        });
        if (!kept.isEmpty()) {
            counts.put("float", kept.size());
        }
        return counts;
    }
}
