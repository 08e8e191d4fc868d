package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells pictures that are drawn far from how a checkpoint was calibrated: its integers fit the values that came up there.
 */
public final class CalibratedWith {
    /** Steps, and sides of pictures, up to this many times as large or small are near. */
    private static final double NEAR_RATIO = 1.5;

    private static final double NEAR_GUIDANCE = 1.5;

    private CalibratedWith() {}

    /**
     * What differs much, to be put behind "was calibrated with"; empty if nothing does, or nothing is known.
     *
     * @param calibrated the settings of the calibration set's manifest
     */
    public static Optional<String> farFrom(JsonNode calibrated, SamplingSettings drawn, int height, int width) {
        if (!calibrated.isObject()) {
            return Optional.empty();
        }
        List<String> differences = new ArrayList<>();
        int steps = drawn.count();
        if (far(calibrated.path("steps").asInt(steps), steps)) {
            differences.add(calibrated.path("steps").asInt() + " steps instead of " + steps);
        }
        double guidance = calibrated.path("guidance").asDouble(drawn.guidance());
        if (guidance > 1 != drawn.guidance() > 1 || Math.abs(guidance - drawn.guidance()) > NEAR_GUIDANCE) {
            differences.add("guidance " + guidance + " instead of " + drawn.guidance());
        }
        String scheduler = calibrated.path("scheduler").path("_class_name").asText();
        if (!scheduler.isEmpty() && !scheduler.equals(drawn.scheduler().name())) {
            differences.add(scheduler + " instead of " + drawn.scheduler().name());
        }
        int high = calibrated.path("height").asInt(height);
        int wide = calibrated.path("width").asInt(width);
        if (far(high, height) || far(wide, width)) {
            differences.add(wide + "x" + high + " instead of " + width + "x" + height);
        }
        return differences.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", differences));
    }

    private static boolean far(double one, double other) {
        return Math.max(one, other) >= NEAR_RATIO * Math.min(one, other);
    }
}
