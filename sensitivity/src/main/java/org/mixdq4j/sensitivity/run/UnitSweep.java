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
import org.mixdq4j.core.exec.CompiledModel;
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
import org.mixdq4j.sensitivity.variant.Variant;
import org.mixdq4j.sensitivity.variant.Variants;

/** All variants over all units, several units at once, what the journals hold already left out. */
final class UnitSweep {
    private static final String EXACT = "measured.journal";
    private static final String ESTIMATE = "estimated.journal";
    static final List<String> JOURNALS = List.of(EXACT, ESTIMATE);

    private final SensitivityRequest request;
    private final CompiledModel model;
    private final DenoisedPictures pictures;
    private final Variants variants;
    private final Progress progress;
    private final Set<String> content;
    private long nodesEvaluated;
    private long nodesNaive;

    UnitSweep(
            SensitivityRequest request,
            CompiledModel model,
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
    }

    Sensitivities run(List<Unit> units, String identity) {
        Map<Variant, Score> exact = Map.of();
        Map<Variant, Score> estimated = Map.of();
        if (request.methods().contains(SensitivityRequest.Method.ESTIMATE)) {
            estimated = sweep("estimating", ESTIMATE, units, identity, this::estimate);
        }
        if (request.methods().contains(SensitivityRequest.Method.EXACT)) {
            exact = sweep("measuring layers", EXACT, units, identity, this::measure);
            int nodes = model.graph().nodes().size();
            long rows = units.stream().mapToLong(unit -> unit.rows().size()).sum();
            nodesEvaluated += rows * nodes;
            nodesNaive = rows * nodes * (variants.all().size() + 1);
        }
        return new Sensitivities(model.graph(), variants.all(), exact, estimated);
    }

    /** Nodes computed in float once for each row and again for each variant, by killed runs too. */
    long nodesEvaluated() {
        return nodesEvaluated;
    }

    /** Nodes that would have been computed without partial re-runs. */
    long nodesNaive() {
        return nodesNaive;
    }

    /** What measures the variants of one unit that are still to be measured. */
    private interface OfUnit {
        void run(UnitMeasurement unit, List<Variant> todo, BiConsumer<Variant, Measured> result, BooleanSupplier stop);
    }

    private Map<Variant, Score> sweep(String stage, String file, List<Unit> units, String identity, OfUnit task) {
        try (Journal journal = Journal.open(request.out().resolve(file), identity)) {
            Map<Unit, List<Variant>> todo = new LinkedHashMap<>();
            for (Unit unit : units) {
                List<Variant> left = variants.all().stream()
                        .filter(variant -> journal.get(unit.index(), variant) == null)
                        .toList();
                if (!left.isEmpty()) {
                    todo.put(unit, left);
                }
            }
            long all = (long) units.size() * variants.all().size();
            AtomicLong done = new AtomicLong(
                    all - todo.values().stream().mapToLong(List::size).sum());
            progress.begin(stage, all);
            int threads = Math.max(1, Math.min(request.threads(), todo.size()));
            Workers.forEach(List.copyOf(todo.keySet()), threads, (unit, stop) -> {
                long budget = request.memoryBytes() / 2 / threads;
                try (UnitMeasurement measurement =
                        new UnitMeasurement(unit, model, pictures, request.similarity(), budget)) {
                    task.run(
                            measurement,
                            todo.get(unit),
                            (variant, measured) -> {
                                journal.add(unit.index(), variant, measured);
                                synchronized (progress) {
                                    progress.at(done.incrementAndGet());
                                }
                            },
                            stop);
                }
            });
            progress.end();
            return scores(journal, units);
        }
    }

    private Map<Variant, Score> scores(Journal journal, List<Unit> units) {
        Map<Variant, Score> scores = new LinkedHashMap<>();
        for (Variant variant : variants.all()) {
            List<Measured> measured = new ArrayList<>();
            units.forEach(unit -> measured.add(journal.get(unit.index(), variant)));
            measured.forEach(one -> nodesEvaluated += one.nodes());
            scores.put(variant, Score.of(measured));
        }
        return scores;
    }

    private void measure(
            UnitMeasurement unit, List<Variant> todo, BiConsumer<Variant, Measured> result, BooleanSupplier stop) {
        for (Variant variant : todo) {
            if (stop.getAsBoolean()) {
                return;
            }
            boolean seen = content.contains(variant.layer());
            result.accept(variant, unit.measure(variant.layer(), variants.layer(variant), seen));
        }
    }

    private void estimate(
            UnitMeasurement unit, List<Variant> todo, BiConsumer<Variant, Measured> result, BooleanSupplier stop) {
        NoiseEstimator estimator = new NoiseEstimator(unit, model, request.directions());
        SimilarityCurve curve = new SimilarityCurve(unit::similarityWithNoise);
        for (Variant variant : todo) {
            if (stop.getAsBoolean()) {
                return;
            }
            double noise = estimator.noise(variant.layer(), variants.layer(variant));
            double ssim = content.contains(variant.layer()) ? curve.at(noise / unit.signal()) : Double.NaN;
            result.accept(variant, new Measured(unit.signal(), noise, ssim, 0));
        }
    }
}
