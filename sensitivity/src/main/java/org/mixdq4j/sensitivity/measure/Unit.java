package org.mixdq4j.sensitivity.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.tensor.Tensor;

/**
 * What is measured on at once: one step of one calibration sample, with all sides of guidance.
 *
 * @param index among all of the set, in the order sample, step
 * @param step scheduler step
 * @param rows network inputs by name, the negative side first where there is one
 */
public record Unit(int index, int step, List<Map<String, Tensor>> rows) {

    /** Indices of {@code count} units of a set, ascending, spread over samples and steps; or of all there are. */
    public static List<Integer> choose(CalibrationSet set, int count) {
        return List.copyOf(Spread.calls(set, count));
    }

    /** Some units of a set in its order, copied so that they outlive the reading: all of them are in memory at once. */
    public static List<Unit> read(CalibrationSet set, Set<Integer> indices) {
        Map<Integer, Unit> found = new LinkedHashMap<>();
        int steps = set.steps();
        set.forEachRow(row -> {
            int index = row.sample() * steps + row.step();
            if (indices.contains(index)) {
                found.computeIfAbsent(index, i -> new Unit(i, row.step(), new ArrayList<>()))
                        .rows()
                        .add(row.copyOfInputs());
            }
        });
        return List.copyOf(found.values());
    }
}
