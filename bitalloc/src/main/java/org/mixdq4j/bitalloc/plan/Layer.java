package org.mixdq4j.bitalloc.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.sensitivity.SensitivityTable;
import org.mixdq4j.core.artifact.sensitivity.SizeTable;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/**
 * A layer to give bits to.
 *
 * @param id module path, without {@code model.}
 * @param elements numbers that cost the bits: of the weight, or of the input
 * @param sensitivity its group's metric by bits; larger is better
 */
public record Layer(String id, LayerGroup group, long elements, Map<Integer, Double> sensitivity) {
    /**
     * Joins tables by layer, in the order of the ids. A layer is of the content group if {@code ssim} names it, else of
     * the quality group; {@code sqnr} may name content layers too, as the published tables do. Where a result was exact,
     * an infinite value, it counts as the best finite one that was measured in its group.
     *
     * @throws MixdqException naming a layer that one of the tables lacks, or whose SSIM is none
     */
    public static List<Layer> join(SensitivityTable sqnr, SensitivityTable ssim, SizeTable sizes) {
        ssim.layers().forEach((id, values) -> requireSsim(ssim, id, values));
        for (SensitivityTable table : List.of(ssim, sqnr)) {
            requireAll(table.layers().keySet(), table.file(), sizes.layers().keySet(), sizes.file());
        }
        Set<String> judged = new HashSet<>(ssim.layers().keySet());
        judged.addAll(sqnr.layers().keySet());
        requireAll(sizes.layers().keySet(), sizes.file(), judged, sqnr.file());
        List<Layer> layers = new ArrayList<>();
        sizes.layers().forEach((id, elements) -> {
            boolean content = ssim.layers().containsKey(id);
            Map<Integer, Double> values =
                    content ? ssim.layers().get(id) : sqnr.layers().get(id);
            layers.add(
                    new Layer(id, content ? LayerGroup.CONTENT : LayerGroup.QUALITY, elements, new TreeMap<>(values)));
        });
        double content = best(layers, LayerGroup.CONTENT);
        double quality = best(layers, LayerGroup.QUALITY);
        return layers.stream()
                .map(layer -> layer.capped(layer.group == LayerGroup.CONTENT ? content : quality))
                .toList();
    }

    private static void requireAll(Set<String> named, Path where, Set<String> known, Path other) {
        named.stream().filter(id -> !known.contains(id)).findFirst().ifPresent(id -> {
            throw new MixdqException("the layer " + id + " of " + where + " is missing in " + other
                    + "; all tables must be of the same model, so take those that belong together");
        });
    }

    private static void requireSsim(SensitivityTable table, String id, Map<Integer, Double> values) {
        values.forEach((bits, value) -> {
            // A hair above 1 is how rounding leaves two equal pictures.
            if (Math.abs(value) > 1 + 1e-6) {
                throw new MixdqException(table.file() + " has the SSIM " + value + " for the layer " + id + " at "
                        + bits + " bits where at most 1 was expected; check that it is not the table of SQNR");
            }
        });
    }

    private static double best(List<Layer> layers, LayerGroup group) {
        return layers.stream()
                .filter(layer -> layer.group == group)
                .flatMap(layer -> layer.sensitivity.values().stream())
                .filter(Double::isFinite)
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
    }

    private Layer capped(double best) {
        Map<Integer, Double> values = new TreeMap<>(sensitivity);
        values.replaceAll((bits, value) -> Math.min(value, best));
        return new Layer(id, group, elements, values);
    }

    /** @throws MixdqException unless both name the same layers in the same groups */
    public static void requireSame(List<Layer> weights, List<Layer> activations) {
        Map<String, LayerGroup> groups = new TreeMap<>();
        weights.forEach(layer -> groups.put(layer.id, layer.group));
        for (Layer layer : activations) {
            LayerGroup group = groups.remove(layer.id);
            if (group != layer.group) {
                throw new MixdqException("the layer " + layer.id + " is "
                        + (group == null
                                ? "missing in the tables of weights"
                                : "of the " + group.word() + " group in the" + " tables of weights and of the "
                                        + layer.group.word() + " group in those of activations")
                        + "; take tables of the same model");
            }
        }
        groups.keySet().stream().findFirst().ifPresent(id -> {
            throw new MixdqException(
                    "the layer " + id + " is missing in the tables of activations; take tables of the same model");
        });
    }

    /** The metric at some bits. @throws MixdqException if the table has no such column, or nothing is left of the result */
    double sensitivityAt(int bits) {
        Double value = sensitivity.get(bits);
        if (value == null) {
            throw new MixdqException("there is no sensitivity of the layer " + id + " at " + bits + " bits, only at "
                    + sensitivity.keySet() + "; choose among these");
        }
        if (!Double.isFinite(value)) {
            throw new MixdqException("the sensitivity of the layer " + id + " at " + bits + " bits is " + value
                    + ", which leaves nothing of the network's result; do not let it have these bits, or measure it"
                    + " again");
        }
        return value;
    }
}
