package org.mixdq4j.sensitivity.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.calibration.CalibrationSet;
import org.mixdq4j.core.tensor.Tensor;

/**
 * What is measured on at once: one step of one calibration sample, with all sides of guidance.
 *
 * @param index among all of the set, in the order sample, step
 * @param step scheduler step
 * @param rows network inputs by name, the negative side first where there is one
 */
public record Unit(int index, int step, List<Map<String, Tensor>> rows) {

    /** Indices of {@code count} units of a set, ascending: samples evenly spaced, steps in turn; or of all there are. */
    public static List<Integer> choose(CalibrationSet set, int count) {
        return choose(set.manifest().samples().size(), set.steps(), count);
    }

    static List<Integer> choose(int samples, int steps, int count) {
        int wanted = (int) Math.min(count, (long) samples * steps);
        List<Integer> chosen = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            // The middle one of each of `wanted` equal stretches. Even spacing over samples and steps alike would,
            // where
            // it is a multiple of the steps, meet one step only.
            int sample = (int) ((2L * i + 1) * samples / (2L * wanted));
            chosen.add(sample * steps + i % steps);
        }
        chosen.sort(null);
        return chosen;
    }

    /** Some units of a set in its order, copied so that they outlive the reading: all of them are in memory at once. */
    public static List<Unit> read(CalibrationSet set, Set<Integer> indices) {
        Map<Integer, Unit> found = new LinkedHashMap<>();
        int steps = set.steps();
        set.forEachRow(row -> {
            int index = row.sample() * steps + row.step();
            if (indices.contains(index)) {
                Map<String, Tensor> copy = new LinkedHashMap<>();
                row.inputs().forEach((name, value) -> copy.put(name, Tensor.stack(value)));
                found.computeIfAbsent(index, i -> new Unit(i, row.step(), new ArrayList<>()))
                        .rows()
                        .add(copy);
            }
        });
        return List.copyOf(found.values());
    }
}
