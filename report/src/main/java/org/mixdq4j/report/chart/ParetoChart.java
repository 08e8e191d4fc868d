package org.mixdq4j.report.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.report.data.PlanData;
import org.mixdq4j.report.html.Format;
import org.mixdq4j.report.html.Html;

/** Every plan solved: average bits against the objective of a group, with the chosen plan among them. */
public final class ParetoChart {
    private final Legend legend;

    public ParetoChart(Legend legend) {
        this.legend = legend;
    }

    private record Point(double bits, double objective, boolean dominated, boolean joint, String words) {}

    public Html of(PlanData.Part part, String group) {
        String metric = part.group(group).path("metric").asText().equals("ssim") ? "SSIM" : "dB";
        List<Point> points = new ArrayList<>();
        part.frontier().forEach(node -> points.add(point(node, group, metric)));
        points.removeIf(point -> !Double.isFinite(point.objective));
        Point chosen = point(part.json(), group, metric);
        Plot plot = new Plot(
                SeriesNames.title(part.name()) + ": " + group,
                "Average bits across, sum of " + metric + " upwards; the chosen plan is ringed.",
                Plot.HALF,
                300,
                new Plot.Margins(66, 20, 52, 42),
                null);
        Axis x = Axis.linear(
                Stream.concat(points.stream(), Stream.of(chosen))
                        .mapToDouble(Point::bits)
                        .toArray(),
                plot.left(),
                plot.right());
        Axis y = Axis.linear(
                Stream.concat(points.stream(), Stream.of(chosen))
                        .mapToDouble(Point::objective)
                        .toArray(),
                plot.bottom(),
                plot.top());
        plot.frame(
                x,
                "average bits of all " + (part.name().equals("acts") ? "activations" : part.name()),
                y,
                "sum of " + metric + " over " + group + " layers",
                "∞",
                "");
        joint(plot, points, x, y, group);
        for (boolean dominated : new boolean[] {true, false}) {
            for (Point point : points) {
                if (point.dominated == dominated) {
                    String style = dominated ? "pale" : point.joint ? "solid" : "open";
                    plot.circle(
                            x.at(point.bits),
                            y.at(point.objective),
                            point.joint ? 4.5 : 4,
                            "dot " + style + " " + legend.colour(group),
                            point.words);
                }
            }
        }
        if (Double.isFinite(chosen.objective)) {
            plot.circle(x.at(chosen.bits), y.at(chosen.objective), 9, "ring", "chosen plan: " + chosen.words);
            boolean left = x.at(chosen.bits) > (plot.left() + plot.right()) / 2;
            plot.text(
                    x.at(chosen.bits) + (left ? -13 : 13),
                    y.at(chosen.objective) + 17,
                    "chosen",
                    left ? "label strong end" : "label strong");
        }
        return plot.html();
    }

    private static Point point(JsonNode node, String group, String metric) {
        JsonNode of = node.path("groups").path(group);
        double objective = of.path("objective").asDouble(Double.NaN);
        boolean joint = node.path("split").asText().equals("joint");
        boolean dominated = node.path("dominated").asBoolean();
        double bits = node.path("average_bits").asDouble();
        String words = Format.fixed(bits, 3) + " bits on average, "
                + Format.bytes(node.path("bytes").asDouble(Double.NaN)) + ", " + group + " "
                + Format.fixed(of.path("average_bits").asDouble(Double.NaN), 3) + " bits, sum of " + metric + " "
                + Format.fixed(objective, metric.equals("SSIM") ? 4 : 1)
                + (node.path("split").isNumber()
                        ? ", split " + Format.fixed(node.path("split").asDouble(), 3)
                        : joint ? ", joint program" : "")
                + (dominated ? ", beaten by another plan" : "");
        return new Point(bits, objective, dominated, joint, words);
    }

    private void joint(Plot plot, List<Point> points, Axis x, Axis y, String group) {
        StringBuilder line = new StringBuilder();
        points.stream()
                .filter(point -> point.joint && !point.dominated)
                .sorted(Comparator.comparingDouble(Point::bits))
                .forEach(point -> line.append(line.isEmpty() ? 'M' : 'L')
                        .append(Format.px(x.at(point.bits)))
                        .append(' ')
                        .append(Format.px(y.at(point.objective))));
        if (!line.isEmpty()) {
            plot.add(new Html().empty("path", "class", "curve " + legend.colour(group), "d", line.toString()));
        }
    }
}
