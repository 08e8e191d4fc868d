package org.mixdq4j.core.quantize;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;

/** The quantized forms the layers of a graph may take: where inputs are split and whose first token stays in float. */
public final class LayerForms {
    private final Graph graph;
    private final Map<String, List<Integer>> splits;
    private final Set<String> textProjections;

    public LayerForms(Graph graph) {
        this.graph = graph;
        this.splits = SplitPoints.of(graph);
        this.textProjections = Set.copyOf(TextProjections.of(graph));
    }

    /**
     * A layer's form. Only a Linear's input has rows to quantize one by one; that of a convolution has one range whatever is
     * asked.
     *
     * @param split whether an input behind a channel concat is cut where the concat joins
     * @param bos whether a projection of the text leaves the first token's row in float
     */
    public LayerQuant of(
            Node layer,
            Optional<WeightQuant> weight,
            Optional<ActivationQuant> activation,
            boolean split,
            boolean bos) {
        return new LayerQuant(
                weight,
                activation.map(quant -> layer.op() instanceof Linear ? quant : new ActivationQuant(quant.bits())),
                split ? splits.getOrDefault(layer.id(), List.of()) : List.of(),
                bos && textProjections.contains(layer.id()));
    }

    /** The statistics a form needs: one key a segment. */
    public static List<StatisticsKey> keys(Node layer, LayerQuant quant) {
        List<Integer> edges = quant.edges(layer.layer().inputs());
        List<StatisticsKey> keys = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            keys.add(new StatisticsKey(layer.id(), edges.get(i), edges.get(i + 1), quant.bos()));
        }
        return keys;
    }

    /** Every statistic that any form of any layer needs: one pass over the calibration set serves all bits and schemes. */
    public Set<StatisticsKey> allKeys() {
        return allKeys(layer -> true);
    }

    /** The same of the layers that are wanted, such as those whose ranges are static. */
    public Set<StatisticsKey> allKeys(Predicate<Node> wanted) {
        Set<StatisticsKey> keys = new LinkedHashSet<>();
        for (Node layer : graph.layers().stream().filter(wanted).toList()) {
            for (boolean split : new boolean[] {true, false}) {
                for (boolean bos : new boolean[] {true, false}) {
                    keys.addAll(keys(layer, of(layer, Optional.empty(), Optional.empty(), split, bos)));
                }
            }
        }
        return keys;
    }
}
