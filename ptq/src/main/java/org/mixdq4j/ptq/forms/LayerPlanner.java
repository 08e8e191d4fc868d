package org.mixdq4j.ptq.forms;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.scheme.Scheme;

/** What a scheme, and a bit plan if there is one, mean for each layer of a graph. */
public final class LayerPlanner {
    private final Graph graph;
    private final Optional<BitPlan> plan;
    private final LayerForms forms;
    private final Set<String> rowLayers;

    /** All layers have the scheme's bits. */
    public LayerPlanner(Graph graph) {
        this(graph, Optional.empty());
    }

    /** @param plan the bits of each layer, in place of the scheme's */
    public LayerPlanner(Graph graph, Optional<BitPlan> plan) {
        this.graph = graph;
        this.plan = plan;
        this.forms = new LayerForms(graph);
        this.rowLayers = RowLayers.of(graph);
    }

    /** The form a layer gets. A scheme without bits for activations leaves all inputs in float, whatever a plan says. */
    public LayerQuant quant(Node layer, Scheme scheme) {
        Optional<WeightQuant> weight = plan.isEmpty()
                ? scheme.weights().quant()
                : plan.get()
                        .weights()
                        .of(layer.id())
                        .map(bits -> WeightQuant.grouped(bits, scheme.weights().group()));
        Optional<ActivationQuant> activation = scheme.activations().quant();
        if (plan.isPresent() && activation.isPresent()) {
            // A float weight beside an integer input saves nothing; it is made only where a plan of activations asks.
            activation = plan.get().acts().isPresent()
                    ? plan.get().acts().get().of(layer.id()).map(scheme.activations()::quant)
                    : activation.filter(quant -> weight.isPresent());
        }
        if (scheme.rows() == Scheme.Rows.WEIGHT_ONLY && rowLayers.contains(layer.id())) {
            activation = Optional.empty();
        }
        // Without rounded inputs no row needs to be left out of the rounding.
        return forms.of(layer, weight, activation, scheme.split(), scheme.bos() && activation.isPresent());
    }

    /** The forms of all layers but those kept, in graph order. */
    public Map<String, LayerQuant> quants(Scheme scheme, Set<String> kept) {
        Map<String, LayerQuant> quants = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            if (!kept.contains(layer.id())) {
                quants.put(layer.id(), quant(layer, scheme));
            }
        }
        return quants;
    }

    /** What makes layers in these forms, by the scheme's ranges, every weight rounded to its nearest integer. */
    public static LayerQuantizer quantizer(WeightSource weights, ActivationStatistics statistics, Scheme scheme) {
        return new LayerQuantizer(
                weights,
                statistics,
                scheme.activations().ranges(),
                WeightRounder.nearest(scheme.weights().search()));
    }

    /** Whether a form quantizes nothing. */
    public static boolean isFloat(LayerQuant quant) {
        return quant.weight().isEmpty() && quant.activation().isEmpty();
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
        if (scheme.keep().roles().contains(Scheme.Role.CONVOLUTION)) {
            graph.layers().stream()
                    .filter(node -> node.op() instanceof Conv2d)
                    .forEach(node -> kept.put(node.id(), "convolution"));
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
        if (plan.isPresent()) {
            for (Node layer : graph.layers()) {
                if (isFloat(quant(layer, scheme))) {
                    kept.putIfAbsent(layer.id(), "the plan leaves it in float");
                }
            }
        }
        return kept;
    }
}
