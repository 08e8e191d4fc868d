package org.mixdq4j.sensitivity.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.analysis.LayerGroups;
import org.mixdq4j.core.pipeline.DenoisedPictures;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.sensitivity.estimate.NoiseEstimator;
import org.mixdq4j.sensitivity.estimate.SimilarityCurve;
import org.mixdq4j.sensitivity.journal.Journal;
import org.mixdq4j.sensitivity.measure.Measured;
import org.mixdq4j.sensitivity.measure.Unit;
import org.mixdq4j.sensitivity.measure.UnitMeasurement;
import org.mixdq4j.sensitivity.result.Score;
import org.mixdq4j.sensitivity.result.Sensitivities;
import org.mixdq4j.sensitivity.run.SensitivityRequest.Method;
import org.mixdq4j.sensitivity.variant.Variant;
import org.mixdq4j.sensitivity.variant.Variants;

/** All variants over all units, several units at once, what the journals hold already left out. */
final class UnitSweep {
    /** Ends the names of journals. */
    static final String JOURNAL = ".journal";

    private final SensitivityRequest request;
    private final Instrumented model;
    private final DenoisedPictures pictures;
    private final Variants variants;
    private final Progress progress;
    private final Set<String> content;
    private final int rows;
    private final int threads;
    private long nodesEvaluated;
    private long nodesNaive;
    private long measured;

    UnitSweep(
            SensitivityRequest request,
            Instrumented model,
            DenoisedPictures pictures,
            Variants variants,
            Progress progress) {
        this.request = request;
        this.model = model;
        this.pictures = pictures;
        this.variants = variants;
        this.progress = progress;
        this.content = LayerGroups.of(model.graph()).entrySet().stream()
                .filter(entry -> entry.getValue() == LayerGroup.CONTENT)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        this.rows = request.calibration().manifest().rows();
        this.threads = Threads.of(request.threads(), model.graph(), rows, request.recordingBytes());
    }

    /** @param units indices, ascending */
    Sensitivities run(List<Integer> units, String identity) {
        Map<Variant, Score> exact = Map.of();
        Map<Variant, Score> estimated = Map.of();
        if (request.methods().contains(Method.ESTIMATE)) {
            // Other directions are another estimate, and no other measurement.
            String file = "estimated-" + request.directions() + JOURNAL;
            estimated = sweep("estimating", file, Method.ESTIMATE, units, identity);
        }
        if (request.methods().contains(Method.EXACT)) {
            exact = sweep("measuring layers", "measured" + JOURNAL, Method.EXACT, units, identity);
            long onceEach = (long) units.size() * rows * model.graph().nodes().size();
            nodesEvaluated += onceEach;
            nodesNaive = onceEach * (variants.all().size() + 1);
        }
        return new Sensitivities(model.graph(), variants.all(), exact, estimated);
    }

    /**
     * Nodes computed in float once for each row and again for each variant, by killed runs too. Recording a row once more,
     * to go on with it or to share it among threads, does not count.
     */
    long nodesEvaluated() {
        return nodesEvaluated;
    }

    /** Nodes that would have been computed without partial re-runs. */
    long nodesNaive() {
        return nodesNaive;
    }

    /** Measurements and estimates made by this run; the others were in the journals. */
    long measured() {
        return measured;
    }

    private Map<Variant, Score> sweep(String stage, String file, Method method, List<Integer> units, String identity) {
        try (Journal journal = Journal.open(request.out().resolve(file), identity)) {
            Map<Integer, List<Variant>> todo = new LinkedHashMap<>();
            for (int unit : units) {
                List<Variant> left = variants.all().stream()
                        .filter(variant -> journal.get(unit, variant) == null)
                        .toList();
                if (!left.isEmpty()) {
                    todo.put(unit, left);
                }
            }
            long all = (long) units.size() * variants.all().size();
            long left = todo.values().stream().mapToLong(List::size).sum();
            AtomicLong done = new AtomicLong(all - left);
            measured += left;
            progress.resume(stage, all, done.get());
            List<Share> shares = Unit.read(request.calibration(), todo.keySet()).stream()
                    .map(unit -> new Share(unit, todo.get(unit.index())))
                    .toList();
            if (method == Method.EXACT) {
                shares = Share.divide(shares, threads);
            }
            int atOnce = Math.max(1, Math.min(threads, shares.size()));
            Workers.forEach(shares, atOnce, (share, stop) -> {
                BiConsumer<Variant, Measured> keep = (variant, measured) -> {
                    journal.add(share.unit().index(), variant, measured);
                    synchronized (progress) {
                        progress.at(done.incrementAndGet());
                    }
                };
                try (UnitMeasurement unit = new UnitMeasurement(
                        share.unit(), model, pictures::of, request.similarity(), request.recordingBytes() / atOnce)) {
                    if (method == Method.EXACT) {
                        measure(unit, share.variants(), keep, stop);
                    } else {
                        estimate(unit, share.variants(), request.gradientBytes() / atOnce, keep, stop);
                    }
                }
            });
            progress.end();
            return scores(journal, units);
        }
    }

    private Map<Variant, Score> scores(Journal journal, List<Integer> units) {
        Map<Variant, Score> scores = new LinkedHashMap<>();
        for (Variant variant : variants.all()) {
            List<Measured> measured = new ArrayList<>();
            units.forEach(unit -> measured.add(journal.get(unit, variant)));
            measured.forEach(one -> nodesEvaluated += one.nodes());
            scores.put(variant, Score.of(measured));
        }
        return scores;
    }

    private void measure(
            UnitMeasurement unit, List<Variant> todo, BiConsumer<Variant, Measured> keep, BooleanSupplier stop) {
        for (Variant variant : todo) {
            if (stop.getAsBoolean()) {
                return;
            }
            boolean seen = content.contains(variant.layer());
            keep.accept(variant, unit.measure(variant.layer(), variants.layer(variant), seen));
        }
    }

    private void estimate(
            UnitMeasurement unit,
            List<Variant> todo,
            long gradientBytes,
            BiConsumer<Variant, Measured> keep,
            BooleanSupplier stop) {
        Map<String, List<Variant>> byLayer = new LinkedHashMap<>();
        todo.forEach(variant -> byLayer.computeIfAbsent(variant.layer(), id -> new ArrayList<>())
                .add(variant));
        boolean seen = byLayer.keySet().stream().anyMatch(content::contains);
        SimilarityCurve curve = seen ? new SimilarityCurve(unit::similarityWithNoise) : null;
        int gradients = rows * request.directions();
        for (Set<String> layers : NoiseEstimator.groups(model.graph(), byLayer.keySet(), gradients, gradientBytes)) {
            NoiseEstimator estimator = new NoiseEstimator(unit, model, request.directions(), layers);
            for (String layer : layers) {
                for (Variant variant : byLayer.get(layer)) {
                    if (stop.getAsBoolean()) {
                        return;
                    }
                    double noise = estimator.noise(layer, variants.layer(variant));
                    double ssim = content.contains(layer) ? curve.at(noise / unit.signal()) : Double.NaN;
                    keep.accept(variant, new Measured(unit.signal(), noise, ssim, 0));
                }
            }
        }
    }
}
