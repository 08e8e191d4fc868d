package org.mixdq4j.bitalloc.plan;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/**
 * Bits of every layer.
 *
 * @param layers in the order of their ids
 * @param decisions by layer id
 * @param solves the programs that were solved for it
 */
public record BitPlan(List<Layer> layers, SortedMap<String, Decision> decisions, List<Solve> solves) {
    /**
     * What is known about one program.
     *
     * @param name the group, or "joint"
     * @param objective achieved: the sum of SSIM or of dB, or jointly of the groups' shares of what there is to gain
     * @param bound proven: no plan within the budget has more
     */
    public record Solve(String name, double objective, double bound, boolean proven, double seconds) {
        public double gap() {
            return bound - objective;
        }
    }

    private List<Layer> quantized(Collection<LayerGroup> groups) {
        return layers.stream()
                .filter(layer -> groups.contains(layer.group())
                        && !decisions.get(layer.id()).isFloat())
                .toList();
    }

    /** Bits times elements of the quantized layers. */
    public long cost(Collection<LayerGroup> groups) {
        return quantized(groups).stream()
                .mapToLong(layer -> decisions.get(layer.id()).bits() * layer.elements())
                .sum();
    }

    /** Average bits over the elements of quantized layers; NaN if there are none. */
    public double average(Collection<LayerGroup> groups) {
        long elements = quantized(groups).stream().mapToLong(Layer::elements).sum();
        return elements == 0 ? Double.NaN : (double) cost(groups) / elements;
    }

    /** Average over all layers of both groups, those in float at 16 bits. */
    public double averageWithFloat() {
        return (double) bits() / layers.stream().mapToLong(Layer::elements).sum();
    }

    /** Bytes of all elements, those of layers in float at 16 bits. */
    public long bytes() {
        return Budget.bytes(bits());
    }

    private long bits() {
        return layers.stream()
                .mapToLong(layer -> decisions.get(layer.id()).bits() * layer.elements())
                .sum();
    }

    /** Sum of the group's metric over its quantized layers at the bits they got. */
    public double objective(LayerGroup group) {
        return quantized(List.of(group)).stream()
                .mapToDouble(
                        layer -> layer.sensitivityAt(decisions.get(layer.id()).bits()))
                .sum();
    }

    /** Layers by bits. */
    public SortedMap<Integer, Integer> counts(Collection<LayerGroup> groups) {
        SortedMap<Integer, Integer> counts = new TreeMap<>();
        for (Layer layer : layers) {
            if (groups.contains(layer.group())) {
                counts.merge(decisions.get(layer.id()).bits(), 1, Integer::sum);
            }
        }
        return counts;
    }

    /** Whether every program was solved to proven optimality. */
    public boolean proven() {
        return solves.stream().allMatch(Solve::proven);
    }
}
