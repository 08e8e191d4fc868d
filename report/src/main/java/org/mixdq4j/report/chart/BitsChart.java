package org.mixdq4j.report.chart;

import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mixdq4j.report.chart.Marks.Series;
import org.mixdq4j.report.data.Layers;
import org.mixdq4j.report.data.PlanData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** The bits of every layer over the depth of the network: a bar a layer, as high as its bits. */
public final class BitsChart {
    private record Bar(int number, String group, int bits, double elements, String reason) {}

    private final Legend legend;
    private final Layers layers;

    public BitsChart(Legend legend, Layers layers) {
        this.legend = legend;
        this.layers = layers;
    }

    public Html of(PlanData.Part part) {
        String title = SeriesNames.title(part.name());
        Plot plot = new Plot(
                title,
                "Bits of every layer by depth; " + Format.fixed(part.averageBits(), 3) + " on average.",
                Plot.WIDE,
                244,
                new Plot.Margins(52, 118, 52, 42),
                "{}");
        TreeMap<Integer, Bar> byNumber = new TreeMap<>();
        part.layers().forEach(row -> {
            int number = layers.number(row.getString(PlanData.LAYER));
            byNumber.put(
                    number,
                    new Bar(
                            number,
                            row.getString(PlanData.GROUP),
                            row.getInt(PlanData.BITS),
                            row.getDouble(PlanData.ELEMENTS),
                            row.getString(PlanData.REASON)));
        });
        List<Integer> bits = part.bits();
        int most = bits.stream().filter(b -> b != PlanData.FLOAT).reduce(8, Math::max);
        Axis y = Axis.exact(0, most, plot.bottom(), plot.top(), bits.contains(PlanData.FLOAT));
        for (int b : bits) {
            double at = y.at(b == PlanData.FLOAT ? Double.POSITIVE_INFINITY : b);
            plot.line(plot.left(), at, plot.right(), at, "grid");
            plot.text(plot.left() - 7, at + 4, b == PlanData.FLOAT ? "float" : String.valueOf(b), "tick end");
        }
        plot.text(0, plot.top() - 14, "bits", "axis");
        // A bar is centred on its number: the axis begins half a bar before the first.
        Axis x = Axis.exact(0.5, byNumber.size() + 0.5, plot.left(), plot.right(), false);
        plot.vertical(x, layers.byDepth() ? "layers from input to output" : "layers in the order of their names");
        bars(plot, part, List.copyOf(byNumber.values()), y);
        averages(plot, part, y);
        return plot.html();
    }

    private void bars(Plot plot, PlanData.Part part, List<Bar> rows, Axis y) {
        double step = (plot.right() - plot.left()) / rows.size();
        TreeSet<String> groups = new TreeSet<>(legend.groups());
        rows.forEach(bar -> groups.add(bar.group));
        for (String group : groups) {
            for (int bits : part.bits()) {
                boolean isFloat = bits == PlanData.FLOAT;
                Marks marks = new Marks(new Series(
                        part.name() + ", " + group,
                        isFloat ? Legend.FLOAT : legend.colour(group),
                        part.name(),
                        group,
                        isFloat ? "float" : String.valueOf(bits),
                        null));
                double top = y.at(isFloat ? Double.POSITIVE_INFINITY : bits);
                for (int i = 0; i < rows.size(); i++) {
                    Bar bar = rows.get(i);
                    if (bar.group.equals(group) && bar.bits == bits) {
                        marks.bar(
                                plot.left() + (i + 0.5) * step,
                                top,
                                plot.bottom(),
                                bar.number,
                                (isFloat ? "float" : Format.bits(bits)) + " (" + bar.reason + "), "
                                        + Format.count((long) bar.elements) + " elements");
                    }
                }
                if (!marks.isEmpty()) {
                    plot.add(marks.bars(step > 8 ? step - 2 : step > 4 ? step - 1 : step * 0.96));
                }
            }
        }
    }

    private void averages(Plot plot, PlanData.Part part, Axis y) {
        EndLabels labels = new EndLabels();
        for (String group : part.groups()) {
            double average = part.group(group).path("average_bits").asDouble(Double.NaN);
            if (Double.isFinite(average)) {
                plot.line(plot.left(), y.at(average), plot.right() + 4, y.at(average), "average");
                labels.add(y.at(average), group + " ⌀ " + Format.fixed(average, 2), "label t" + legend.colour(group));
            }
        }
        labels.draw(plot, plot.right() + 8);
    }
}
