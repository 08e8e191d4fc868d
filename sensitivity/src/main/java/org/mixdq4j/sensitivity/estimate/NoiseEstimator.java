package org.mixdq4j.sensitivity.estimate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.sensitivity.measure.UnitMeasurement;

/**
 * The noise a variant causes at the network's output, to first order in the variant's own error and so to second order in
 * the output's squared error, without running the network again.
 *
 * <p>If e is what quantizing changes at the layer's output and J how the network's output answers to changes there, the
 * noise is {@code |J e|^2}. For a direction v of independent random signs the mean of {@code (v . J e)^2} is just that
 * (Hutchinson's estimator), and {@code v . J e = (J^T v) . e}: one pass back a direction gives {@code J^T v} for all
 * layers, and e is computed by the layer alone.
 *
 * <p>Holds a gradient of the size of each layer's output a row and direction; for networks where that is too much,
 * {@link #groups} says which layers to take at a time. A pass back itself has all values of the network in memory.
 */
public final class NoiseEstimator {
    private final UnitMeasurement unit;
    /** By row and direction: gradient at each of the layers' outputs. */
    private final List<List<Map<String, Tensor>>> gradients = new ArrayList<>();

    private final Map<String, List<float[]>> values = new LinkedHashMap<>();

    /**
     * Computes the gradients.
     *
     * @param model the network in float that the unit was recorded with
     * @param directions how many to average over; the relative error of an estimate is about sqrt(2 / directions) a unit
     * @param layers to be estimated; which ones are taken together changes no estimate
     */
    public NoiseEstimator(UnitMeasurement unit, Instrumented model, int directions, Set<String> layers) {
        this.unit = unit;
        String name = model.graph().outputs().keySet().iterator().next();
        for (int row = 0; row < unit.recordings().size(); row++) {
            List<Map<String, Tensor>> ofRow = new ArrayList<>();
            for (int direction = 0; direction < directions; direction++) {
                // Determined by unit, row and direction alone, whatever thread comes first.
                long seed = (unit.unit().index() * 1024L + row) * 1024L + direction;
                ofRow.add(model.gradients(unit.unit().rows().get(row), name, signs(model, name, seed), layers));
            }
            gradients.add(ofRow);
        }
    }

    /**
     * Cuts layers into runs whose gradients fit a budget, of at least one layer each.
     *
     * @param gradients how many there are of each layer: rows times directions
     */
    public static List<Set<String>> groups(Graph graph, Collection<String> layers, int gradients, long budgetBytes) {
        List<Set<String>> groups = new ArrayList<>();
        long left = -1;
        for (String layer : layers) {
            long bytes = graph.shape(layer).elements() * Float.BYTES * gradients;
            if (bytes > left) {
                groups.add(new LinkedHashSet<>());
                left = budgetBytes;
            }
            left -= bytes;
            groups.get(groups.size() - 1).add(layer);
        }
        return groups;
    }

    private static Tensor signs(Instrumented model, String output, long seed) {
        var shape = model.graph().shape(model.graph().outputs().get(output));
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextBoolean() ? 1 : -1;
        }
        return Tensor.of(shape, values);
    }

    /** The estimated summed squares of what this form of the layer changes of the network's output. */
    public double noise(String id, QuantizedLayer layer) {
        double noise = 0;
        for (int row = 0; row < unit.recordings().size(); row++) {
            Recording recording = unit.recordings().get(row);
            float[] changed = recording
                    .rerun(Map.of(id, Optional.of(layer)), Set.of(id))
                    .get(id)
                    .toFloatArray();
            float[] before = values(id).get(row);
            List<Map<String, Tensor>> ofRow = gradients.get(row);
            for (Map<String, Tensor> gradient : ofRow) {
                float[] answer = gradient.get(id).toFloatArray();
                double dot = 0;
                for (int i = 0; i < answer.length; i++) {
                    dot += answer[i] * ((double) changed[i] - before[i]);
                }
                noise += dot * dot / ofRow.size();
            }
        }
        return noise;
    }

    /** The layer's output in float; of the layer asked for last only, which is asked for with all its bits in turn. */
    private List<float[]> values(String id) {
        if (!values.containsKey(id)) {
            values.clear();
            values.put(
                    id,
                    unit.recordings().stream()
                            .map(recording -> recording.value(id).toFloatArray())
                            .toList());
        }
        return values.get(id);
    }
}
