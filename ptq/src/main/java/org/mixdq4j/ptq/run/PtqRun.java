package org.mixdq4j.ptq.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.artifact.checkpoint.DamagedWeights;
import org.mixdq4j.core.artifact.checkpoint.QuantizationConfig;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpoint;
import org.mixdq4j.core.artifact.checkpoint.QuantizedCheckpointWriter;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.source.ModelFingerprint;
import org.mixdq4j.core.pipeline.DiffusionNetwork;
import org.mixdq4j.core.pipeline.LatentDecoder;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.balance.Balance;
import org.mixdq4j.core.quantize.balance.BalanceSearch;
import org.mixdq4j.core.quantize.balance.VectorCollector;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.CachedStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.StatisticsSource;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.decoder.DecoderLatents;
import org.mixdq4j.ptq.decoder.DecoderQuantizer;
import org.mixdq4j.ptq.decoder.DecoderReport;
import org.mixdq4j.ptq.encoder.EncoderQuantizer;
import org.mixdq4j.ptq.encoder.EncoderReport;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.forms.NetworkBytes;
import org.mixdq4j.ptq.forms.NetworkQuantizer;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.probe.Protection;
import org.mixdq4j.ptq.probe.QualityProbe;
import org.mixdq4j.ptq.rank.PlanRanking;
import org.mixdq4j.ptq.rounding.NetworkRounding;
import org.mixdq4j.ptq.rounding.RoundingOptions;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * Float model, calibration set, scheme and bit plan to a quantized checkpoint. All is written to {@code <out>.partial}, which
 * takes the place of {@code out} when it is whole; what a stopped run had measured is found there and not measured again.
 */
public final class PtqRun {
    private static final String SUMMARY = "summary.json";

    private final PtqRequest request;
    private final StatisticsSource statisticsSource;
    private final InstrumentedExecutor executor;
    private final Progress progress;
    private final WorkFolder folder;
    private final Path work;

    public PtqRun(PtqRequest request, InstrumentedExecutor executor, Progress progress) {
        this(request, StatisticsSource.COLLECTED, executor, progress);
    }

    PtqRun(PtqRequest request, StatisticsSource statisticsSource, InstrumentedExecutor executor, Progress progress) {
        this.request = request;
        this.statisticsSource = statisticsSource;
        this.executor = executor;
        this.progress = progress;
        this.folder = new WorkFolder(request.out());
        this.work = folder.path();
    }

    /** Whether the checkpoint this run would write is there already, whole and made from the same inputs. */
    public boolean finished() {
        return !request.overwrite() && PtqInputs.of(request).finishedIn(request.out());
    }

    /** What {@link #run} wrote into the finished checkpoint's summary.json. */
    public JsonNode finishedSummary() {
        return Json.read(request.out().resolve(SUMMARY));
    }

    /** @throws UsageException if something is in the way at {@code out}, or nothing would be quantized */
    public PtqSummary run() {
        folder.requireFree(request.overwrite());
        ModelFingerprint model = ModelFingerprint.of(request.model());
        DiffusionNetwork network = DiffusionNetwork.of(request.model());
        requireModelOfCalibration(model, network.component());
        JsonNode settings = request.calibration().manifest().settings();
        Graph graph = network.graph(
                request.calibration().manifest().height(),
                request.calibration().manifest().width(),
                PromptSettings.recorded(settings));
        requireFittingBits(graph, model);
        PtqSummary summary;
        try (StoredWeights source = request.model().weights(network.component())) {
            summary = quantize(network, graph, CheckpointNames.adapt(source, graph), model);
        }
        Json.write(work.resolve(SUMMARY), summary.toJson());
        Json.write(work.resolve(QuantizedCheckpoint.CALIBRATION_SETTINGS), settings);
        PtqInputs.of(request).write(work);
        NetworkRounding.forget(work);
        folder.finish();
        return summary;
    }

    /** Before anything is measured. */
    private void requireFittingBits(Graph graph, ModelFingerprint model) {
        Scheme scheme = request.scheme();
        if (request.plan().isPresent()) {
            if (scheme.weights().bits() == Scheme.FLOAT_BITS) {
                throw new UsageException("The scheme " + scheme.name() + " leaves all weights in float (bits: "
                        + Scheme.FLOAT_BITS + "), which a plan of their bits contradicts; use a scheme like"
                        + " configs/schemes/mixed.yaml.");
            }
            request.plan().get().tables().forEach(table -> {
                table.requireMadeFor(model, request.model());
                table.requireFits(graph);
            });
        } else if (scheme.weights().bits() == Scheme.FLOAT_BITS
                && scheme.activations().bits() == Scheme.FLOAT_BITS) {
            throw new UsageException("The scheme " + scheme.name() + " leaves weights and activations in float (bits: "
                    + Scheme.FLOAT_BITS + "), so there is nothing to quantize; give one of them 2 to 8 bits.");
        }
    }

    private void requireModelOfCalibration(ModelFingerprint model, String component) {
        try {
            request.calibration().requireMadeWith(model, request.model());
        } catch (MixdqException foreign) {
            // A damaged model is another one, too; that it is damaged says more.
            try (StoredWeights weights = request.model().weights(component)) {
                DamagedWeights.refuse(weights);
            }
            throw foreign;
        }
    }

    /** Only what this run measures stays of what an earlier one with another scheme left: all in it becomes the checkpoint. */
    private void prepareWork(Graph graph, String component) {
        Set<String> used = new HashSet<>();
        if (request.plan().filter(PlanChoice.Best.class::isInstance).isPresent()) {
            used.add(PlanRanking.FILE);
        }
        if (request.scheme().keep().worst() > 0
                && request.plan().map(PlanChoice::protect).orElse(true)) {
            used.add(Protection.FILE);
        }
        if (!statisticsKeys(graph).isEmpty()) {
            used.add(CachedStatistics.FILE);
        }
        Scheme scheme = request.scheme();
        Set<String> measured = new HashSet<>();
        if (scheme.textEncoders().measures()) {
            measured.addAll(EncoderQuantizer.components(request.model(), scheme.textEncoders()));
        }
        if (scheme.vae().bits() != Scheme.FLOAT_BITS) {
            measured.add(LatentDecoder.COMPONENT);
        }
        List<String> parts = new ArrayList<>(request.model().textEncoders());
        parts.add(LatentDecoder.COMPONENT);
        folder.prepare(component, parts, measured, used);
    }

    private PtqSummary quantize(
            DiffusionNetwork network, Graph graph, WeightSource weights, ModelFingerprint fingerprint) {
        boolean protect = request.plan().map(PlanChoice::protect).orElse(true);
        Scheme scheme = protect ? request.scheme() : request.scheme().withoutProtection();
        Optional<PlanSelection.Outcome> choice = choose(graph, weights, scheme, network.component());
        Optional<BitPlan> plan = choice.map(PlanSelection.Outcome::plan);
        LayerPlanner planner = new LayerPlanner(graph, plan);
        Map<String, String> kept = planner.keptFloat(scheme);
        requireLayersLeft(graph, scheme, plan, kept.size());
        prepareWork(graph, network.component());
        ObjectNode resolved = scheme.toJson();
        plan.ifPresent(chosen -> resolved.set("plan", chosen.toJson()));
        try (FloatModel model = new FloatModel(() -> executor.compile(graph, weights))) {
            ActivationStatistics statistics = statistics(graph, model);
            LayerQuantizer plain = LayerPlanner.quantizer(weights, statistics, scheme);
            boolean rotates = scheme.rotate() != Scheme.Rotate.OFF;
            Balance balance = scheme.balance() || rotates
                    ? new BalanceSearch(
                                    graph, weights, statistics, new VectorCollector(model.get(), request.calibration()))
                            .search(
                                    planner.quants(scheme, kept.keySet()),
                                    plain,
                                    new BalanceSearch.Tried(
                                            scheme.balance(), scheme.rotate().sizes()),
                                    progress)
                    : Balance.none();
            LayerQuantizer quantizer = plain.balanced(balance.multipliers());
            NetworkQuantizer networkQuantizer = new NetworkQuantizer(graph, quantizer, balance);
            QuantizedLayers planned;
            if (measures(scheme)) {
                planned = networkQuantizer.quantize(planner, scheme, kept.keySet(), progress);
            } else {
                model.close();
                planned = networkQuantizer.onDemand(planner, scheme, kept.keySet(), progress);
            }
            Map<String, Double> alone = Map.of();
            if (scheme.keep().worst() > 0) {
                QualityProbe probe = new QualityProbe(model.get());
                alone = new Protection(work, digest(calibrationDigest() + resolved))
                        .alone(probe, planned, () -> rows(scheme.keep().samples()), progress);
                kept.putAll(Protection.worst(
                        alone,
                        Protection.count(graph.layers().size(), scheme.keep().worst())));
            }
            QuantizedLayers nearest = planned.without(kept.keySet());
            Map<String, LayerQuant> quants = new LinkedHashMap<>();
            nearest.ids().forEach(id -> quants.put(id, balance.form(id, planner.quant(graph.node(id), scheme))));
            Optional<NetworkRounding.Outcome> rounded = rounding(scheme, model, weights, balance)
                    .filter(rounder -> rounder.concerns(quants.values()))
                    .map(rounder -> rounder.improve(nearest, quants, quantizer));
            QuantizedLayers layers =
                    rounded.map(NetworkRounding.Outcome::layers).orElse(nearest);
            Map<String, Double> quality = Map.of();
            if (request.ablationRows() > 0) {
                var variants =
                        new Variants(graph, planner, plain, quantizer, balance, scheme).of(layers, kept.keySet());
                quality = new QualityProbe(model.get())
                        .variants("quality of variants", variants, rows(request.ablationRows()), progress);
            }
            QuantizationConfig config = new QuantizationConfig(
                    network.component(), fingerprint, calibrationDigest(), resolved, "", quants, kept);
            // The network goes first: a decoder or a text encoder at full size takes as much memory again.
            QuantizedCheckpointWriter.write(work, graph, weights, layers, config, network.config());
            model.close();
            List<EncoderReport> encoders = new EncoderQuantizer(
                            request.model(), scheme.textEncoders(), request.calibration(), executor, progress)
                    .write(work, config);
            Optional<DecoderReport> decoder = new DecoderQuantizer(
                            request.model(),
                            scheme.vae(),
                            () -> DecoderLatents.of(request.calibration(), scheme.vae()),
                            executor,
                            progress)
                    .write(work, config);
            return new PtqSummary(
                    NetworkBytes.of(graph, quants, weights),
                    4 * graph.parameterCount(),
                    request.model().weightBytes(network.component()),
                    Folders.size(QuantizedCheckpoint.weightsFile(work, network.component())),
                    alone,
                    kept,
                    quality,
                    quality.isEmpty()
                            ? 0
                            : Math.min(
                                    request.ablationRows(),
                                    request.calibration().rowCount()),
                    plan,
                    choice.map(PlanSelection.Outcome::ranked).orElse(List.of()),
                    rounded.map(NetworkRounding.Outcome::report),
                    encoders,
                    decoder,
                    scheme.balance() || rotates ? Optional.of(balance) : Optional.empty());
        }
    }

    /** The plan to quantize by; of several the best, for which they are measured. Empty: the scheme's bits. */
    private Optional<PlanSelection.Outcome> choose(Graph graph, WeightSource weights, Scheme scheme, String component) {
        if (request.plan().isEmpty()) {
            return Optional.empty();
        }
        if (request.plan().get() instanceof PlanChoice.Given given) {
            return Optional.of(new PlanSelection.Outcome(given.plan(), List.of()));
        }
        PlanChoice.Best best = (PlanChoice.Best) request.plan().get();
        PlanRanking.Subject subject = new PlanRanking.Subject(request.model(), graph, weights, request.calibration());
        PlanSelection selection = new PlanSelection(best, subject, scheme);
        List<BitPlan> candidates = selection.weights();
        List<BitTable> acts = selection.acts();
        prepareWork(graph, component);
        ActivationStatistics statistics;
        try (FloatModel model = new FloatModel(() -> executor.compile(graph, weights))) {
            statistics = statistics(graph, model);
        }
        // The float model is closed meanwhile: it and a simulated one together take twice the memory.
        LayerQuantizer quantizer = LayerPlanner.quantizer(weights, statistics, scheme);
        PlanRanking ranking =
                new PlanRanking(subject, scheme, quantizer, best.rows(), best.by(), work, executor, progress);
        return Optional.of(selection.best(ranking, candidates, acts));
    }

    /** Whether the quantized layers are run before they are written. If not, they are made one by one as they are. */
    private boolean measures(Scheme scheme) {
        return scheme.keep().worst() > 0 || request.ablationRows() > 0 || improves(scheme);
    }

    private static boolean improves(Scheme scheme) {
        return scheme.weights().rounding() == Scheme.Rounding.GPTQ;
    }

    private Optional<NetworkRounding> rounding(Scheme scheme, FloatModel model, WeightSource weights, Balance balance) {
        return improves(scheme)
                ? Optional.of(new NetworkRounding(
                                model.get(), weights, request.calibration(), work, RoundingOptions.defaults(), progress)
                        .balanced(balance.multipliers()))
                : Optional.empty();
    }

    private String calibrationDigest() {
        return request.calibration().digest();
    }

    private static String digest(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** None where no input has a static range. */
    private ActivationStatistics statistics(Graph graph, FloatModel model) {
        Set<StatisticsKey> keys = statisticsKeys(graph);
        if (keys.isEmpty()) {
            return new ActivationStatistics(Map.of());
        }
        Scheme.Activations how = request.scheme().activations();
        return new CachedStatistics(statisticsSource, work)
                .collect(graph, keys, how.momentum(), how.batch(), model.get(), request.calibration(), progress);
    }

    /** Of inputs quantized token by token nothing is needed, but to balance channels. */
    private Set<StatisticsKey> statisticsKeys(Graph graph) {
        Scheme.Activations how = request.scheme().activations();
        boolean ofLinears = !how.dynamic() || request.scheme().balance();
        return how.bits() == Scheme.FLOAT_BITS
                ? Set.of()
                : new LayerForms(graph).allKeys(layer -> ofLinears || !(layer.op() instanceof Linear));
    }

    private List<Map<String, Tensor>> rows(int count) {
        return QualityProbe.rows(request.calibration(), count);
    }

    /** A checkpoint without a quantized layer is none, and reading it would fail. */
    private static void requireLayersLeft(Graph graph, Scheme scheme, Optional<BitPlan> plan, int kept) {
        int all = graph.layers().size();
        if (kept + Protection.count(graph.layers().size(), scheme.keep().worst()) >= all) {
            throw new UsageException("The scheme " + scheme.name()
                    + plan.map(chosen -> " with the plan " + chosen.weights().file())
                            .orElse("") + " keeps all "
                    + all + " layers in float, so there is nothing to quantize; keep fewer"
                    + (plan.isPresent() ? "." : " in its keep_float section."));
        }
    }
}
