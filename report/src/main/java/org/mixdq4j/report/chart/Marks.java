package org.mixdq4j.report.chart;

import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/**
 * Many points or bars of one series as one path: 800 layers cost one element, not 800. What each is of goes into two
 * attributes that the page's script reads: {@code data-l}, numbers of layers, and {@code data-v}, values as text.
 */
public final class Marks {
    /**
     * What all marks of a path have in common; the filters of the page work on these. Null where it does not apply.
     *
     * @param label names the series in tooltips
     * @param style CSS classes of colour and shade
     */
    public record Series(String label, String style, String kind, String group, String bits, String type) {}

    private final Series series;
    private final StringBuilder path = new StringBuilder();
    private final StringBuilder layers = new StringBuilder();
    private final StringBuilder values = new StringBuilder();

    public Marks(Series series) {
        this.series = series;
    }

    public void point(double x, double y, int layer, String value) {
        mark(x, y, layer, value);
        path.append("h0");
    }

    public void bar(double x, double y, double base, int layer, String value) {
        mark(x, y, layer, value);
        path.append('V').append(Format.px(base));
    }

    private void mark(double x, double y, int layer, String value) {
        path.append('M').append(Format.px(x)).append(' ').append(Format.px(y));
        layers.append(layers.isEmpty() ? "" : " ").append(layer);
        values.append(values.isEmpty() ? "" : "|").append(value.replace('|', '/'));
    }

    public boolean isEmpty() {
        return path.isEmpty();
    }

    public Html dots() {
        return html("dots", null);
    }

    public Html bars(double width) {
        return html("bars", Format.px(width));
    }

    private Html html(String shape, String width) {
        return new Html()
                .open(
                        "path",
                        "class",
                        "marks " + shape + " " + series.style,
                        "d",
                        path.toString(),
                        "stroke-width",
                        width,
                        "data-s",
                        series.label,
                        "data-kind",
                        series.kind,
                        "data-group",
                        series.group,
                        "data-bits",
                        series.bits,
                        "data-type",
                        series.type,
                        "data-l",
                        layers.toString(),
                        "data-v",
                        values.toString())
                .leaf("title", series.label)
                .close()
                .newline();
    }
}
