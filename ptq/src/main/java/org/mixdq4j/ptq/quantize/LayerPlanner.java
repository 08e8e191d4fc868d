package org.mixdq4j.ptq.quantize;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.statistics.ActivationStatistics;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.scheme.Scheme;

/** What a scheme means for each layer of a graph. */
public final class LayerPlanner {
    private final Graph graph;
    private final LayerForms forms;

    public LayerPlanner(Graph graph) {
        this.graph = graph;
        this.forms = new LayerForms(graph);
    }

    /** The form the scheme gives a layer. */
    public LayerQuant quant(Node layer, Scheme scheme) {
        return forms.of(layer, scheme.weights().quant(), scheme.activations().quant(), scheme.split(), scheme.bos());
    }

    /** What makes layers in these forms, by the scheme's ranges, every weight rounded to its nearest integer. */
    public static LayerQuantizer quantizer(WeightSource weights, ActivationStatistics statistics, Scheme scheme) {
        return new LayerQuantizer(
                weights,
                statistics,
                scheme.activations().ranges(),
                WeightRounder.nearest(scheme.weights().search()));
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
}
