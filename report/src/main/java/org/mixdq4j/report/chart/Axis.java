package org.mixdq4j.report.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoublePredicate;
import java.util.stream.DoubleStream;
import org.mixdq4j.report.html.Format;

/**
 * Values to places along one direction of a drawing. Values that have none, infinities and NaN, or 0 on a logarithmic
 * axis, get a lane of their own beyond the end they belong to.
 */
public final class Axis {
    /** A place to name. */
    public record Tick(double place, String label) {}

    private static final double LANE = 20;
    private static final double TICK_SPACING = 46;
    private static final String SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

    private final boolean log;
    private final double low;
    private final double high;
    private final double from;
    private final double to;
    private final double above;
    private final double below;

    private Axis(boolean log, double low, double high, double from, double to, boolean hasAbove, boolean hasBelow) {
        double direction = Math.signum(to - from);
        this.log = log;
        this.low = low;
        this.high = high;
        this.above = hasAbove ? to : Double.NaN;
        this.below = hasBelow ? from : Double.NaN;
        this.to = hasAbove ? to - direction * LANE : to;
        this.from = hasBelow ? from + direction * LANE : from;
    }

    /** Over all values, widened to round numbers. {@code from} is the place of small ones. */
    public static Axis linear(double[] values, double from, double to) {
        double[] finite = pick(values, Double::isFinite);
        double low = Arrays.stream(finite).min().orElse(0);
        double high = Arrays.stream(finite).max().orElse(1);
        if (high - low < 1e-9 * Math.max(1, Math.abs(high))) {
            double pad = Math.max(1, 1e-3 * Math.abs(high));
            low -= pad;
            high += pad;
        }
        double step = step(high - low, ticks(from, to));
        return new Axis(
                false,
                Math.floor(low / step + 1e-9) * step,
                Math.ceil(high / step - 1e-9) * step,
                from,
                to,
                any(values, v -> v == Double.POSITIVE_INFINITY),
                any(values, v -> !(v > Double.NEGATIVE_INFINITY)));
    }

    /** From {@code low} to {@code high} and no further, with a lane above if asked for. */
    public static Axis exact(double low, double high, double from, double to, boolean laneAbove) {
        return new Axis(false, low, high > low ? high : low + 1, from, to, laneAbove, false);
    }

    /** Over the powers of ten that hold all positive values. */
    public static Axis log(double[] values, double from, double to) {
        double[] finite = pick(values, v -> v > 0 && Double.isFinite(v));
        double low = Math.log10(Arrays.stream(finite).min().orElse(0.1));
        double high = Math.log10(Arrays.stream(finite).max().orElse(1));
        double pad = Math.max(0.02, 0.03 * (high - low));
        return new Axis(
                true,
                low - pad,
                high + pad,
                from,
                to,
                any(values, v -> v == Double.POSITIVE_INFINITY),
                any(values, v -> !(v > 0)));
    }

    /** The place of a value. */
    public double at(double value) {
        if (log ? !(value > 0) : !(value > Double.NEGATIVE_INFINITY)) {
            return Double.isNaN(below) ? from : below;
        }
        if (value == Double.POSITIVE_INFINITY) {
            return Double.isNaN(above) ? to : above;
        }
        double v = log ? Math.log10(value) : value;
        return from + (to - from) * (v - low) / (high - low);
    }

    /** Round numbers along the axis; its lanes are not among them. */
    public List<Tick> ticks() {
        return log ? logTicks() : linearTicks();
    }

    /** Whether values lie beyond the large end. */
    public boolean hasAbove() {
        return !Double.isNaN(above);
    }

    /** Whether values lie beyond the small end. */
    public boolean hasBelow() {
        return !Double.isNaN(below);
    }

    private List<Tick> linearTicks() {
        double step = step(high - low, ticks(from, to));
        int decimals = Math.max(0, (int) -Math.floor(Math.log10(step) + 1e-9));
        if (Math.abs(step * Math.pow(10, decimals) - Math.rint(step * Math.pow(10, decimals))) > 1e-6) {
            decimals++;
        }
        List<Tick> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
            ticks.add(new Tick(at(i * step), Format.fixed(i * step, decimals)));
        }
        return ticks;
    }

    private List<Tick> logTicks() {
        List<Tick> ticks = new ArrayList<>();
        double decades = high - low;
        int every = Math.max(1, (int) Math.ceil(decades / Math.max(2, ticks(from, to))));
        int[] within = decades < 1.2 ? new int[] {1, 2, 3, 5, 7} : decades < 2.5 ? new int[] {1, 3} : new int[] {1};
        for (int decade = (int) Math.floor(low); decade <= Math.ceil(high); decade++) {
            for (int multiple : within) {
                double value = multiple * Math.pow(10, decade);
                double place = Math.log10(value);
                if (Math.floorMod(decade, every) == 0 && place >= low && place <= high) {
                    ticks.add(new Tick(at(value), power(multiple, decade)));
                }
            }
        }
        return ticks;
    }

    private static String power(int multiple, int decade) {
        if (decade >= -3 && decade <= 4) {
            return Format.fixed(multiple * Math.pow(10, decade), Math.max(0, -decade));
        }
        StringBuilder text = new StringBuilder(multiple == 1 ? "10" : multiple + "·10").append(decade < 0 ? "⁻" : "");
        String.valueOf(Math.abs(decade)).chars().forEach(digit -> text.append(SUPERSCRIPTS.charAt(digit - '0')));
        return text.toString();
    }

    private static int ticks(double from, double to) {
        return Math.max(2, (int) (Math.abs(to - from) / TICK_SPACING));
    }

    /** The smallest of 1, 2, 2.5, 5 times a power of ten that cuts a span into at most so many parts. */
    private static double step(double span, int parts) {
        double rough = span / parts;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        return DoubleStream.of(1, 2, 2.5, 5, 10)
                .map(multiple -> multiple * power)
                .filter(step -> step >= rough * (1 - 1e-9))
                .findFirst()
                .orElse(10 * power);
    }

    private static double[] pick(double[] values, DoublePredicate which) {
        return Arrays.stream(values).filter(which).toArray();
    }

    private static boolean any(double[] values, DoublePredicate which) {
        return Arrays.stream(values).anyMatch(which);
    }
}
