package org.mixdq4j.ptq.quantize;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.statistics.StatisticsKey;
import org.mixdq4j.ptq.scheme.Scheme;

/** What a scheme means for each layer of a graph. */
public final class LayerPlanner {
    private final Graph graph;
    private final Map<String, List<Integer>> splits;
    private final Set<String> textProjections;

    public LayerPlanner(Graph graph) {
        this.graph = graph;
        this.splits = SplitPoints.of(graph);
        this.textProjections = Set.copyOf(TextProjections.of(graph));
    }

    /** The form the scheme gives a layer. */
    public LayerQuant quant(Node layer, Scheme scheme) {
        return new LayerQuant(
                Optional.of(new WeightQuant(scheme.weights().bits())),
                Optional.of(new ActivationQuant(scheme.activations().bits())),
                scheme.split() ? splits.getOrDefault(layer.id(), List.of()) : List.of(),
                scheme.bos() && textProjections.contains(layer.id()));
    }

    /** Layers that stay in float whatever is measured, with the reason. */
    public Map<String, String> keptFloat(Scheme scheme) {
        Map<String, String> kept = new LinkedHashMap<>();
        if (scheme.keep().roles().contains(Scheme.Role.INPUT)) {
            Boundary.of(graph).first().forEach(id -> kept.put(id, "reads the network's input"));
        }
        if (scheme.keep().roles().contains(Scheme.Role.OUTPUT)) {
            Boundary.of(graph).last().forEach(id -> kept.put(id, "produces the network's output"));
        }
        for (String pattern : scheme.keep().layers()) {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            List<String> found = graph.layers().stream()
                    .map(Node::id)
                    .filter(id -> matcher.matches(Path.of(id)))
                    .toList();
            if (found.isEmpty()) {
                throw new UsageException("The scheme keeps layers '" + pattern + "' in float, but no layer of the "
                        + graph.name() + " matches; correct the pattern under keep_float.");
            }
            found.forEach(id -> kept.put(id, "matches '" + pattern + "'"));
        }
        return kept;
    }

    /** The statistics a layer's form needs: one key a segment. */
    public static List<StatisticsKey> keys(Node layer, LayerQuant quant) {
        List<Integer> edges = quant.edges(layer.layer().inputs());
        List<StatisticsKey> keys = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            keys.add(new StatisticsKey(layer.id(), edges.get(i), edges.get(i + 1), quant.bos()));
        }
        return keys;
    }

    /** Every statistic that any choice of splitting and BOS-awareness needs. */
    public Set<StatisticsKey> allKeys(Scheme scheme) {
        Set<StatisticsKey> keys = new LinkedHashSet<>();
        for (Node layer : graph.layers()) {
            for (boolean split : new boolean[] {true, false}) {
                for (boolean bos : new boolean[] {true, false}) {
                    keys.addAll(keys(layer, quant(layer, scheme.with(split, bos))));
                }
            }
        }
        return keys;
    }
}
