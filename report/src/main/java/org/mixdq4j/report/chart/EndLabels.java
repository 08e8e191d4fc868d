package org.mixdq4j.report.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Names at the right ends of lines, moved apart where they would lie over each other. */
final class EndLabels {
    private static final double GAP = 14;

    private record Label(double y, String text, String style) {}

    private final List<Label> labels = new ArrayList<>();

    void add(double y, String text, String style) {
        labels.add(new Label(y, text, style));
    }

    void draw(Plot plot, double x) {
        labels.sort(Comparator.comparingDouble(Label::y));
        double[] places = labels.stream().mapToDouble(Label::y).toArray();
        for (int i = 1; i < places.length; i++) {
            places[i] = Math.max(places[i], places[i - 1] + GAP);
        }
        double over = places.length == 0 ? 0 : places[places.length - 1] - plot.bottom();
        for (int i = places.length - 1; i >= 0 && over > 0; i--) {
            places[i] -= over;
            over = i == 0 ? 0 : places[i - 1] + GAP - places[i];
        }
        for (int i = 0; i < places.length; i++) {
            plot.text(x, places[i] + 4, labels.get(i).text, labels.get(i).style);
        }
    }
}
