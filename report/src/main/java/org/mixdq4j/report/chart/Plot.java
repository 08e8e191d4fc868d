package org.mixdq4j.report.chart;

import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** An SVG drawing with a title, a frame of axes and what is put into it; y grows downwards, in units of its width. */
public final class Plot {
    /** Width of a chart that shares its row with another. */
    public static final double HALF = 560;

    /** Width of a chart that has a row to itself. */
    public static final double WIDE = 1140;

    private final Html svg = new Html();
    private final double width;
    private final double left;
    private final double right;
    private final double top;
    private final double bottom;

    /** Margins of a chart. */
    public record Margins(double left, double right, double top, double bottom) {}

    /**
     * @param title drawn at the top, and with {@code about} what a screen reader says
     * @param unit what a tooltip makes of the value of a mark, such as "{} dB"; null for charts without marks
     */
    public Plot(String title, String about, double width, double height, Margins margins, String unit) {
        this.width = width;
        this.left = margins.left;
        this.right = width - margins.right;
        this.top = margins.top;
        this.bottom = height - margins.bottom;
        svg.open(
                "svg",
                "viewBox",
                "0 0 " + Format.px(width) + " " + Format.px(height),
                "role",
                "img",
                "class",
                width > HALF ? "plot wide" : "plot",
                "data-u",
                unit,
                "aria-label",
                title + ". " + about);
        text(0, 15, title, "title");
    }

    public double left() {
        return left;
    }

    public double right() {
        return right;
    }

    public double top() {
        return top;
    }

    public double bottom() {
        return bottom;
    }

    /** Grid lines and names of both axes. The lanes' names say what values beyond the ends mean. */
    public Plot frame(Axis x, String xName, Axis y, String yName, String aboveName, String belowName) {
        for (Axis.Tick tick : y.ticks()) {
            line(left, tick.place(), right, tick.place(), "grid");
            text(left - 7, tick.place() + 4, tick.label(), "tick end");
        }
        if (y.hasAbove()) {
            lane(y.at(Double.POSITIVE_INFINITY), aboveName);
        }
        if (y.hasBelow()) {
            lane(y.at(Double.NEGATIVE_INFINITY), belowName);
        }
        vertical(x, xName);
        text(0, top - 14, yName, "axis");
        return this;
    }

    /** Grid lines and names along x only, for charts whose rows are named. */
    public Plot vertical(Axis x, String xName) {
        for (Axis.Tick tick : x.ticks()) {
            line(tick.place(), top, tick.place(), bottom, "grid v");
            text(tick.place(), bottom + 17, tick.label(), "tick mid");
        }
        if (x.hasAbove()) {
            text(x.at(Double.POSITIVE_INFINITY), bottom + 17, "∞", "tick mid");
        }
        line(left, bottom, right, bottom, "base");
        text(right, bottom + 34, xName, "axis end");
        return this;
    }

    private void lane(double place, String name) {
        line(left, place, right, place, "lane");
        text(left - 7, place + 4, name, "tick end");
    }

    public Plot line(double x1, double y1, double x2, double y2, String style) {
        svg.empty(
                "path",
                "class",
                style,
                "d",
                "M" + Format.px(x1) + " " + Format.px(y1) + "L" + Format.px(x2) + " " + Format.px(y2));
        return this;
    }

    public Plot rect(double x, double y, double w, double h, String style, String title) {
        String[] shape = {
            "class",
            style,
            "x",
            Format.px(x),
            "y",
            Format.px(y),
            "width",
            Format.px(Math.max(0, w)),
            "height",
            Format.px(h)
        };
        if (title == null) {
            svg.empty("rect", shape);
        } else {
            svg.open("rect", shape).leaf("title", title).close();
        }
        return this;
    }

    public Plot circle(double x, double y, double radius, String style, String title) {
        svg.open("circle", "class", style, "cx", Format.px(x), "cy", Format.px(y), "r", Format.px(radius))
                .leaf("title", title)
                .close();
        return this;
    }

    public Plot text(double x, double y, String text, String style) {
        svg.leaf("text", text, "class", style, "x", Format.px(x), "y", Format.px(y));
        return this;
    }

    /** Anything drawn elsewhere. */
    public Plot add(Html piece) {
        svg.add(piece);
        return this;
    }

    public Html html() {
        return svg.close().newline();
    }

    /** Width of the whole drawing. */
    public double width() {
        return width;
    }
}
