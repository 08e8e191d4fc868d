package org.mixdq4j.ptq.probe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.mixdq4j.core.artifact.calibration.CalibrationRow;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;

/**
 * SQNR of the network's output when layers are quantized by simulation, measured on calibration rows against the float
 * network. Signal and noise are summed over all rows before the ratio is taken (MixDQ's SQNR).
 */
public final class QualityProbe {
    private final Instrumented model;
    private final Set<String> outputs;
    private final Supplier<OutputError> error;

    /** @param model the network in float, with one output */
    public QualityProbe(Instrumented model) {
        this(model, Set.of(model.graph().outputs().values().iterator().next()), () -> new WholeError(new Sqnr()));
    }

    private QualityProbe(Instrumented model, Set<String> outputs, Supplier<OutputError> error) {
        this.model = model;
        this.outputs = outputs;
        this.error = error;
    }

    /**
     * Of all outputs, each row (the last axis) by itself: its noise as a share of its own signal, and the mean of these shares,
     * first over the rows of an output. For networks some of whose rows are larger than others and no more important.
     */
    public static QualityProbe ofRows(Instrumented model) {
        return new QualityProbe(
                model, new LinkedHashSet<>(model.graph().outputs().values()), RowsError::new);
    }

    /** Collects what outputs differ from the float network's. */
    interface OutputError {
        void add(Tensor expected, Tensor found);

        /** Signal to noise. */
        double decibels();
    }

    private record WholeError(Sqnr sqnr) implements OutputError {
        @Override
        public void add(Tensor expected, Tensor found) {
            sqnr.add(expected.toFloatArray(), found.toFloatArray());
        }

        @Override
        public double decibels() {
            return sqnr.decibels();
        }
    }

    /** Rows spread over samples and steps of a set, copied so that they outlive the reading. */
    public static List<Map<String, Tensor>> rows(CalibrationSet set, int count) {
        return rows(set, count, row -> true);
    }

    /** The same of the rows that are wanted. */
    public static List<Map<String, Tensor>> rows(CalibrationSet set, int count, Predicate<CalibrationRow> wanted) {
        int[] total = {0};
        set.forEachRow(row -> total[0] += wanted.test(row) ? 1 : 0);
        int sides = set.manifest().rows();
        Set<Integer> taken = Spread.of(total[0] / (set.steps() * sides), set.steps(), sides, count);
        List<Map<String, Tensor>> rows = new ArrayList<>();
        int[] seen = {0};
        set.forEachRow(row -> {
            if (wanted.test(row) && taken.contains(seen[0]++)) {
                rows.add(row.copyOfInputs());
            }
        });
        return rows;
    }

    /** SQNR in dB of several variants, each with all its layers quantized. */
    public Map<String, Double> variants(
            String stage, Map<String, QuantizedLayers> variants, List<Map<String, Tensor>> rows, Progress progress) {
        Map<String, OutputError> sums = new LinkedHashMap<>();
        variants.keySet().forEach(name -> sums.put(name, error.get()));
        progress.begin(stage, (long) rows.size() * variants.size());
        long done = 0;
        for (Map<String, Tensor> row : rows) {
            try (Recording recording = model.record(row)) {
                for (Map.Entry<String, QuantizedLayers> variant : variants.entrySet()) {
                    add(sums.get(variant.getKey()), recording, variant.getValue());
                    progress.at(++done);
                }
            }
        }
        progress.end();
        Map<String, Double> decibels = new LinkedHashMap<>();
        sums.forEach((name, sum) -> decibels.put(name, sum.decibels()));
        return decibels;
    }

    private void add(OutputError sum, Recording recording, QuantizedLayers layers) {
        Map<String, Optional<QuantizedLayer>> changes = new LinkedHashMap<>();
        layers.forEach((id, layer) -> changes.put(id, Optional.of(layer)));
        Map<String, Tensor> quantized = recording.rerun(changes, outputs);
        outputs.forEach(output -> sum.add(recording.value(output), quantized.get(output)));
    }
}
