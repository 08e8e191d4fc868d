package org.mixdq4j.core.scheduler;

import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import org.mixdq4j.core.error.UsageException;

/** How the steps of sampling are spread over the timesteps of training (Lin et al., 2305.08891, table 2). */
enum TimestepSpacing {
    LINSPACE,
    LEADING,
    TRAILING;

    static TimestepSpacing of(Settings settings, String fallback) {
        return valueOf(settings.word("timestep_spacing", fallback, "linspace", "leading", "trailing")
                .toUpperCase(Locale.ROOT));
    }

    /** Timesteps for samplers that visit both ends, descending and unrounded for {@code LINSPACE}. */
    double[] timesteps(int trainSteps, int steps, int offset) {
        return switch (this) {
            case LINSPACE -> descending(steps, i -> steps == 1 ? 0 : i * ((trainSteps - 1.0) / (steps - 1)));
            case LEADING -> leading(trainSteps / steps, steps, offset);
            case TRAILING -> trailing(trainSteps, trainSteps / (double) steps, steps);
        };
    }

    /** The same rounded to whole ones, which must lie within training. */
    double[] wholeTimesteps(int trainSteps, int steps, int offset, String name) {
        double[] timesteps = timesteps(trainSteps, steps, offset);
        for (int i = 0; i < steps; i++) {
            timesteps[i] = Math.rint(timesteps[i]);
        }
        if (timesteps[0] >= trainSteps) {
            throw new UsageException(name + " would start at timestep " + timesteps[0] + " of " + trainSteps
                    + "; ask for fewer than " + steps + " steps or lower steps_offset.");
        }
        return timesteps;
    }

    /** Whole timesteps for samplers whose last step ends where the lowest of {@code steps + 1} points would be. */
    double[] timestepsAboveLast(int trainSteps, int usableSteps, int steps, int offset) {
        return switch (this) {
            case LINSPACE -> descending(steps, i -> Math.rint((i + 1) * ((usableSteps - 1.0) / steps)));
            case LEADING -> leading(usableSteps / (steps + 1), steps, offset + usableSteps / (steps + 1));
            case TRAILING -> trailing(usableSteps, trainSteps / (double) steps, steps);
        };
    }

    private static double[] leading(int ratio, int steps, int offset) {
        return descending(steps, i -> (double) i * ratio + offset);
    }

    /** At most {@code steps} values, where numpy's float-stepped range sometimes yields one more, at timestep -1. */
    private static double[] trailing(int from, double ratio, int steps) {
        int count = (int) Math.min(steps, Math.ceil(from / ratio));
        double delta = (from - ratio) - from;
        return descending(count, i -> Math.rint(from + (count - 1 - i) * delta) - 1);
    }

    private static double[] descending(int count, IntToDoubleFunction ascending) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[count - 1 - i] = ascending.applyAsDouble(i);
        }
        return values;
    }

    static void checkSteps(int steps, int most, String name) {
        if (steps < 1 || steps > most) {
            throw new UsageException(
                    name + " was asked for " + steps + " steps; give a number from 1 to " + most + ".");
        }
    }

    /** Checks timesteps that a person chose: in range, strictly descending and, where they index a table, whole. */
    static void checkCustom(double[] timesteps, double least, double most, boolean whole, String name) {
        if (timesteps.length == 0) {
            throw new UsageException(name + " was given an empty list of timesteps; give at least one.");
        }
        for (int i = 0; i < timesteps.length; i++) {
            double t = timesteps[i];
            boolean descends = i == 0 || t < timesteps[i - 1];
            if (!(t >= least && t <= most) || !descends || whole && t != Math.rint(t)) {
                throw new UsageException(name + " cannot visit timestep " + t + " at position " + i + "; give "
                        + (whole ? "whole " : "") + "timesteps in strictly descending order from " + most + " to "
                        + least + ".");
            }
        }
    }
}
