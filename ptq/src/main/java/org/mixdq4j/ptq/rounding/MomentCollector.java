package org.mixdq4j.ptq.rounding;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.tensor.Tensor;

/** Runs the float network over a calibration set and gathers moments of what layers read. */
final class MomentCollector {
    private final Instrumented model;
    private final CalibrationSet set;
    private final Folds folds;
    private final RoundingOptions options;

    MomentCollector(Instrumented model, CalibrationSet set, RoundingOptions options) {
        this.model = model;
        this.set = set;
        this.folds = new Folds(set.manifest().samples().size());
        this.options = options;
    }

    /** One pass. */
    Map<LayerInput, InputMoments> collect(Collection<LayerInput> inputs, String stage, Progress progress) {
        int rowsOfSample = set.rowCount() / folds.samples();
        Map<LayerInput, InputMoments> moments = new LinkedHashMap<>();
        Map<String, List<InputMoments>> byValue = new LinkedHashMap<>();
        for (LayerInput input : inputs) {
            InputMoments own = new InputMoments(
                    model.graph(), input, folds.fitting() * rowsOfSample, folds.choosing() * rowsOfSample, options);
            moments.put(input, own);
            byValue.computeIfAbsent(input.value(), id -> new ArrayList<>()).add(own);
        }
        progress.begin(stage, set.rowCount());
        long[] done = {0};
        set.forEachRow(row -> {
            boolean fits = folds.fits(row.sample());
            if (fits || folds.chooses(row.sample())) {
                model.run(row.inputs(), model.graph().outputs().keySet(), new Gatherer(byValue, fits));
            }
            progress.at(++done[0]);
        });
        progress.end();
        return moments;
    }

    private record Gatherer(Map<String, List<InputMoments>> byValue, boolean fits) implements Observer {
        @Override
        public boolean watches(String id) {
            return byValue.containsKey(id);
        }

        @Override
        public void observe(String id, Tensor value) {
            float[] values = value.toFloatArray();
            for (InputMoments moments : byValue.get(id)) {
                if (fits) {
                    moments.fit(values, value.shape());
                } else {
                    moments.hold(values, value.shape());
                }
            }
        }
    }
}
