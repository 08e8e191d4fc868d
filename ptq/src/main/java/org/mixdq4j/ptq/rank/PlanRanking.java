package org.mixdq4j.ptq.rank;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.DenoisedPictures;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.forms.LayerPlanner;
import org.mixdq4j.ptq.forms.NetworkBytes;
import org.mixdq4j.ptq.forms.NetworkQuantizer;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * Ranks plans by the networks they make, simulated, on many calibration samples (MixDQ section 5.5 looks at one picture).
 */
public final class PlanRanking {
    /** Name of the file measurements are kept in. */
    public static final String FILE = "plan_quality.json";

    static final String WEIGHTS = "weights";
    static final String ACTS = "acts";

    private final Subject subject;
    private final Scheme scheme;
    private final LayerQuantizer quantizer;
    private final int rows;
    private final RankBy by;
    private final QualityFile known;
    private final InstrumentedExecutor executor;
    private final Progress progress;

    /**
     * What is quantized.
     *
     * @param weights the float model's
     */
    public record Subject(ModelSource model, Graph graph, WeightSource weights, CalibrationSet calibration) {}

    /**
     * @param scheme what plans leave open
     * @param rows steps of calibration samples to measure on
     * @param work folder in which measurements are kept
     */
    public PlanRanking(
            Subject subject,
            Scheme scheme,
            LayerQuantizer quantizer,
            int rows,
            RankBy by,
            Path work,
            InstrumentedExecutor executor,
            Progress progress) {
        this.subject = subject;
        this.scheme = scheme;
        this.quantizer = quantizer;
        this.rows = rows;
        this.by = by;
        this.executor = executor;
        this.progress = progress;
        String conditions =
                subject.calibration().digest() + scheme.toJson() + " rows " + rows + " pictures " + by.needsPictures();
        this.known = new QualityFile(work.resolve(FILE), digest(conditions));
    }

    /** Plans that differ in their weights, best first, with inputs left in float. */
    public List<RankedPlan> weightsAlone(List<BitPlan> plans) {
        return rank(WEIGHTS, plans, scheme.weightsOnly());
    }

    /** Plans that differ in their weights, best first, with inputs as plans and scheme say. */
    public List<RankedPlan> weights(List<BitPlan> plans) {
        return rank(WEIGHTS, plans, scheme);
    }

    /** Plans that differ in their activations, best first. */
    public List<RankedPlan> acts(List<BitPlan> plans) {
        return rank(ACTS, plans, scheme);
    }

    /** To be called after the last round. */
    public void finish() {
        known.finish();
    }

    private List<RankedPlan> rank(String round, List<BitPlan> plans, Scheme measured) {
        Map<BitPlan, PlanQuality> qualities = measure(round, plans, measured);
        Map<BitPlan, Long> bytes = new LinkedHashMap<>();
        plans.forEach(plan -> bytes.put(plan, bytes(plan)));
        boolean acts = round.equals(ACTS);
        Map<String, Long> elements = acts ? LayerSizes.inputs(subject.graph()) : LayerSizes.weights(subject.graph());
        List<BitPlan> order = new ArrayList<>(plans);
        order.sort(Comparator.<BitPlan, PlanQuality>comparing(qualities::get, by.order())
                .thenComparing(bytes::get)
                .thenComparing(plan -> varied(plan, acts).name()));
        List<RankedPlan> ranked = new ArrayList<>();
        for (BitPlan plan : order) {
            ranked.add(new RankedPlan(
                    round,
                    ranked.size() + 1,
                    plan,
                    varied(plan, acts).average(elements),
                    bytes.get(plan),
                    qualities.get(plan)));
        }
        return ranked;
    }

    private static BitTable varied(BitPlan plan, boolean acts) {
        return acts ? plan.acts().orElseThrow() : plan.weights();
    }

    /** Of the checkpoint a plan makes in the end, inputs quantized, however it is measured. */
    private long bytes(BitPlan plan) {
        LayerPlanner planner = new LayerPlanner(subject.graph(), Optional.of(plan));
        return NetworkBytes.of(subject.graph(), planner, scheme, subject.weights())
                .total();
    }

    private Map<BitPlan, PlanQuality> measure(String round, List<BitPlan> plans, Scheme measured) {
        Map<BitPlan, PlanQuality> qualities = new LinkedHashMap<>();
        List<BitPlan> missing = new ArrayList<>();
        for (BitPlan plan : plans) {
            known.get(key(plan, measured))
                    .ifPresentOrElse(quality -> qualities.put(plan, quality), () -> missing.add(plan));
        }
        if (missing.isEmpty()) {
            return qualities;
        }
        List<NetworkCall> calls = NetworkCall.of(subject.calibration(), rows);
        NetworkQuantizer networks = new NetworkQuantizer(subject.graph(), quantizer);
        progress.begin("ranking plans of " + round, (long) missing.size() * calls.size());
        long[] done = {0};
        try (DenoisedPictures pictures = by.needsPictures() ? pictures(calls) : null) {
            PlanProbe probe = new PlanProbe(calls, Optional.ofNullable(pictures));
            for (BitPlan plan : missing) {
                LayerPlanner planner = new LayerPlanner(subject.graph(), Optional.of(plan));
                var layers = networks.quantize(
                        planner, measured, planner.keptFloat(measured).keySet(), Progress.SILENT);
                try (Instrumented network =
                        executor.compile(subject.graph(), subject.weights(), layers, Numerics.SIMULATED)) {
                    PlanQuality quality = probe.measure(network, () -> progress.at(++done[0]));
                    qualities.put(plan, quality);
                    known.put(key(plan, measured), quality);
                }
            }
        }
        progress.end();
        return qualities;
    }

    private DenoisedPictures pictures(List<NetworkCall> calls) {
        return DenoisedPictures.open(
                subject.model(), subject.calibration(), calls.get(0).latents().shape(), executor);
    }

    private static String key(BitPlan plan, Scheme measured) {
        return digest(plan.weights().digest()
                + plan.acts().map(BitTable::digest).orElse(" ")
                + measured.activations().bits());
    }

    private static String digest(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
