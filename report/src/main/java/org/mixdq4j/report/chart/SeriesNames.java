package org.mixdq4j.report.chart;

import java.util.List;
import org.mixdq4j.report.chart.Marks.Series;
import org.mixdq4j.report.data.Layers;

/** What marks of measured layers are called and how they look: colour by group, shade by bits. */
final class SeriesNames {
    private final Legend legend;
    private final Layers layers;
    private final List<Integer> allBits;

    SeriesNames(Legend legend, Layers layers, List<Integer> allBits) {
        this.legend = legend;
        this.layers = layers;
        this.allBits = allBits;
    }

    Series of(String kind, String group, int bits, String type) {
        return new Series(kind + " at " + bits + " bit", style(group, bits), kind, group, String.valueOf(bits), type);
    }

    String style(String group, int bits) {
        return legend.colour(group) + " " + Legend.shade(bits, allBits);
    }

    Layers layers() {
        return layers;
    }

    /** Weights and acts in the words of headings. */
    static String title(String kind) {
        return switch (kind) {
            case "weights" -> "Weights";
            case "acts" -> "Activations";
            default -> kind;
        };
    }
}
