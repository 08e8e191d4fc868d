package org.mixdq4j.ptq.plan;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.plan.BitPlanFile;
import org.mixdq4j.core.artifact.sensitivity.Provenance;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.network.source.ModelFingerprint;

/**
 * Bits of the weights, or of the inputs, of a network's layers.
 *
 * @param file where they were read from
 * @param bits layer id to 2 to 8, or {@link #FLOAT}; layers that are absent stay in float, too
 * @param provenance what they were chosen for
 */
public record BitTable(Path file, SortedMap<String, Integer> bits, Provenance provenance) {
    /** Stands for a layer left in float. */
    public static final int FLOAT = BitPlanFile.FLOAT;

    public BitTable {
        bits = Collections.unmodifiableSortedMap(new TreeMap<>(bits));
    }

    /** Of unknown origin. */
    public BitTable(Path file, SortedMap<String, Integer> bits) {
        this(file, bits, Provenance.UNKNOWN);
    }

    /** Name of the file. */
    public String name() {
        return file.getFileName().toString();
    }

    /** Bits of a layer; empty: float. */
    public Optional<Integer> of(String layer) {
        return Optional.ofNullable(bits.get(layer)).filter(count -> count != FLOAT);
    }

    /** SHA-256 of what it says, wherever and in whatever order it is written. */
    public String digest() {
        StringBuilder text = new StringBuilder();
        bits.keySet().forEach(id -> of(id).ifPresent(
                        count -> text.append(id).append(' ').append(count).append('\n')));
        return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Average bits over the elements of layers not left in float, as budgets count; NaN if all are. */
    public double average(Map<String, Long> elements) {
        long all = 0;
        long sum = 0;
        for (Map.Entry<String, Long> layer : elements.entrySet()) {
            Optional<Integer> count = of(layer.getKey());
            if (count.isPresent()) {
                all += layer.getValue();
                sum += layer.getValue() * count.get();
            }
        }
        return all == 0 ? Double.NaN : (double) sum / all;
    }

    /** @throws MixdqException if it is known to be made for another model than {@code modelName} */
    public void requireMadeFor(ModelFingerprint model, Object modelName) {
        provenance.requireModel(model, "The plan " + file, modelName);
    }

    /**
     * Refuses what was made for another network.
     *
     * @throws MixdqException if it names a layer the graph lacks, or says nothing of more than half of its layers
     */
    public void requireFits(Graph graph) {
        List<String> layers = graph.layers().stream().map(Node::id).toList();
        List<String> absent =
                layers.stream().filter(id -> !bits.containsKey(id)).toList();
        int present = layers.size() - absent.size();
        bits.keySet().stream().filter(id -> !layers.contains(id)).findFirst().ifPresent(unknown -> {
            throw new MixdqException("The plan " + file + " gives bits to the layer '" + unknown + "', which the "
                    + graph.name() + " does not have (it has " + present + " of the plan's " + bits.size()
                    + "); use a plan made for this model, or correct the name.");
        });
        if (2 * present < layers.size()) {
            throw new MixdqException("The plan " + file + " says nothing of the layer '" + absent.get(0) + "' and "
                    + (absent.size() - 1) + " others of the " + layers.size() + " of the " + graph.name()
                    + ", so it is cut or of another model; use one made for this model, with " + FLOAT
                    + " where layers are to stay in float.");
        }
    }
}
