package org.mixdq4j.core.artifact.plan;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.sensitivity.LayerYaml;
import org.mixdq4j.core.artifact.sensitivity.Provenance;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.source.ModelFingerprint;

/**
 * Bits of layers, of their weights or of their activations. The YAML is MixDQ's: {@code model.<path>: bits}, where layers
 * left in float are absent.
 *
 * @param file where it was read
 * @param bits by layer id, 1 to 15, or {@link #FLOAT}
 * @param provenance what it was made for, of the summary beside it; unknown where there is none
 */
public record BitPlanFile(Path file, SortedMap<String, Integer> bits, Provenance provenance) {
    /** Of a layer that is named although it is left in float. */
    public static final int FLOAT = 16;

    /** @throws MixdqException if the file is no plan, naming the layer and the number */
    public static BitPlanFile read(Path file) {
        SortedMap<String, Integer> bits = new TreeMap<>();
        LayerYaml.read(file, "bit plan", "model.conv_in: 8").layers().forEach((id, value) -> {
            if (!(value instanceof Integer number) || number < 1 || number > FLOAT) {
                throw new MixdqException(file + " has " + value + " for the layer " + id
                        + " where bits were expected, a whole number from 1 to " + (FLOAT - 1)
                        + "; correct the line, or drop it to leave the layer in float");
            }
            bits.put(id, number);
        });
        return new BitPlanFile(
                file, Collections.unmodifiableSortedMap(bits), Provenance.read(PlanPaths.summaryOf(file)));
    }

    /** @param bits by layer id, without layers left in float */
    public static void write(Path file, Map<String, Integer> bits) {
        Map<String, String> lines = new TreeMap<>();
        bits.forEach((id, number) -> lines.put(id, number.toString()));
        LayerYaml.write(file, List.of(), lines);
    }

    /** @throws MixdqException naming a layer of the plan that the network lacks */
    public void requireLayersOf(Graph graph) {
        Set<String> layers = new HashSet<>();
        graph.layers().forEach(layer -> layers.add(layer.id()));
        bits.keySet().stream().filter(id -> !layers.contains(id)).findFirst().ifPresent(id -> {
            throw new MixdqException("the plan " + file + " names the layer " + id + ", which this " + graph.name()
                    + " lacks; pass a plan that was made for this model");
        });
    }

    /** @throws MixdqException if it is known to be made for another model than {@code modelName} */
    public void requireMadeFor(ModelFingerprint model, Object modelName) {
        provenance.requireModel(model, "the plan " + file, modelName);
    }
}
