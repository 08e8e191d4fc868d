package org.mixdq4j.report.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mixdq4j.report.chart.Marks.Series;
import org.mixdq4j.report.data.CheckpointData;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** What each layer of a checkpoint costs when it alone is quantized, and which were therefore left in float. */
public final class AloneChart {
    private final Layers layers;

    public AloneChart(Layers layers) {
        this.layers = layers;
    }

    public Html of(CheckpointData checkpoint) {
        List<Map.Entry<String, Double>> sorted =
                new ArrayList<>(checkpoint.alone().entrySet());
        sorted.sort(Map.Entry.<String, Double>comparingByValue().thenComparing(Map.Entry.comparingByKey()));
        double[] values = sorted.stream().mapToDouble(Map.Entry::getValue).toArray();
        Plot plot = new Plot(
                "One layer quantized at a time",
                "SQNR of the output in dB, layers sorted from worst to best.",
                Plot.HALF,
                300,
                new Plot.Margins(52, 20, 52, 42),
                "{} dB");
        Axis x = Axis.exact(1, sorted.size(), plot.left() + 6, plot.right(), false);
        Axis y = Axis.linear(values, plot.bottom(), plot.top());
        plot.frame(x, "rank, worst first", y, "SQNR of the output, dB", "∞", "none");
        Marks quantized = new Marks(new Series("alone", "c0", null, null, null, null));
        Marks kept = new Marks(new Series("alone; left in float", "cf big", null, null, null, null));
        for (int i = 0; i < sorted.size(); i++) {
            String id = sorted.get(i).getKey();
            Marks marks = checkpoint.config().floatLayers().containsKey(id) ? kept : quantized;
            marks.point(x.at(i + 1), y.at(values[i]), layers.number(id), Format.db(values[i]));
        }
        for (Marks marks : List.of(quantized, kept)) {
            if (!marks.isEmpty()) {
                plot.add(marks.dots());
            }
        }
        return plot.html();
    }
}
