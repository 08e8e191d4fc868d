package org.mixdq4j.bitalloc.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.mixdq4j.bitalloc.solve.MultipleChoice;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/**
 * What bits each layer may have. Costs are bits times elements of layers that are quantized; averages are costs over
 * elements of these. Layers in float belong to neither, as in MixDQ, but count in bytes.
 */
public final class BitProblem {
    private record Options(Layer layer, int[] bits, Decision.Reason reason) {
        boolean isFloat() {
            return bits[0] == Decision.FLOAT;
        }
    }

    private record Scale(double unit, boolean fromWorst) {}

    private final List<Options> all = new ArrayList<>();

    /**
     * @param candidates bits a group's layers may have
     * @param pins bits fixed for a layer; they win over protection
     * @param inFloat layers that protection leaves in float
     */
    public BitProblem(
            List<Layer> layers, Map<LayerGroup, List<Integer>> candidates, Map<String, Pin> pins, Set<String> inFloat) {
        candidates.forEach(BitProblem::check);
        for (Layer layer : layers) {
            Pin pin = pins.get(layer.id());
            int[] bits = candidates.get(layer.group()).stream()
                    .mapToInt(Integer::intValue)
                    .sorted()
                    .distinct()
                    .toArray();
            Decision.Reason reason = Decision.Reason.BUDGET;
            if (pin != null) {
                bits = new int[] {pin.bits()};
                reason = Decision.Reason.PINNED;
            } else if (inFloat.contains(layer.id())) {
                bits = new int[] {Decision.FLOAT};
                reason = Decision.Reason.PROTECTED;
            }
            if (bits[0] != Decision.FLOAT) {
                Arrays.stream(bits).forEach(layer::sensitivityAt);
            }
            all.add(new Options(layer, bits, reason));
        }
        if (all.stream().allMatch(Options::isFloat)) {
            throw new UsageException("pins and protection leave all " + all.size()
                    + " layers in float, so there is nothing to allocate; release some");
        }
    }

    private static void check(LayerGroup group, List<Integer> candidates) {
        if (candidates.isEmpty() || candidates.stream().anyMatch(bits -> bits < 1 || bits >= Decision.FLOAT)) {
            throw new UsageException("the candidates of the " + group.word() + " group are " + candidates
                    + " bits; give whole numbers from 1 to " + (Decision.FLOAT - 1));
        }
    }

    private List<Options> quantized(Collection<LayerGroup> groups) {
        return all.stream()
                .filter(options -> !options.isFloat() && groups.contains(options.layer.group()))
                .toList();
    }

    /** Elements of the quantized layers of some groups. */
    public long elements(Collection<LayerGroup> groups) {
        return quantized(groups).stream().mapToLong(o -> o.layer.elements()).sum();
    }

    /** Elements of the layers left in float. */
    public long floatElements() {
        return all.stream()
                .filter(Options::isFloat)
                .mapToLong(o -> o.layer.elements())
                .sum();
    }

    /** Cost with the least bits for every layer. */
    public long leastCost(Collection<LayerGroup> groups) {
        return quantized(groups).stream()
                .mapToLong(o -> o.bits[0] * o.layer.elements())
                .sum();
    }

    /** Cost with the most bits for every layer. */
    public long mostCost(Collection<LayerGroup> groups) {
        return quantized(groups).stream()
                .mapToLong(o -> o.bits[o.bits.length - 1] * o.layer.elements())
                .sum();
    }

    /** How much a group's sum of sensitivities can change: the best bits for every layer against the worst; never 0. */
    public double range(LayerGroup group) {
        double range = 0;
        for (Options options : quantized(List.of(group))) {
            double[] values = values(options);
            range += Arrays.stream(values).max().orElseThrow()
                    - Arrays.stream(values).min().orElseThrow();
        }
        return range > 0 ? range : 1;
    }

    private static double[] values(Options options) {
        return Arrays.stream(options.bits)
                .mapToDouble(options.layer::sensitivityAt)
                .toArray();
    }

    /** The knapsack of one group, its values in the group's metric. */
    MultipleChoice knapsack(LayerGroup group, long floor, long capacity) {
        return knapsack(quantized(List.of(group)), Map.of(group, new Scale(1, false)), floor, capacity);
    }

    /**
     * The knapsack of both groups. A value is what the bits gain over the layer's worst, as a share of its group's
     * {@link #range}: the best bits for every layer are worth 1 a group.
     */
    MultipleChoice joint(long floor, long capacity) {
        Map<LayerGroup, Scale> scale = Map.of(
                LayerGroup.CONTENT, new Scale(range(LayerGroup.CONTENT), true),
                LayerGroup.QUALITY, new Scale(range(LayerGroup.QUALITY), true));
        return knapsack(quantized(List.of(LayerGroup.values())), scale, floor, capacity);
    }

    private static MultipleChoice knapsack(
            List<Options> layers, Map<LayerGroup, Scale> scale, long floor, long capacity) {
        long[][] cost = new long[layers.size()][];
        double[][] value = new double[layers.size()][];
        for (int i = 0; i < cost.length; i++) {
            Options options = layers.get(i);
            cost[i] = Arrays.stream(options.bits)
                    .mapToLong(bits -> bits * options.layer.elements())
                    .toArray();
            double[] values = values(options);
            Scale by = scale.get(options.layer.group());
            double zero = by.fromWorst ? Arrays.stream(values).min().orElseThrow() : 0;
            value[i] = Arrays.stream(values).map(v -> (v - zero) / by.unit).toArray();
        }
        return new MultipleChoice(cost, value, floor, capacity);
    }

    /** Turns choices of knapsacks, each of the quantized layers of its groups in order, into decisions by layer. */
    SortedMap<String, Decision> decisions(Map<? extends Collection<LayerGroup>, int[]> choices) {
        SortedMap<String, Decision> decisions = new TreeMap<>();
        for (Options options : all) {
            if (options.isFloat()) {
                decisions.put(options.layer.id(), new Decision(Decision.FLOAT, options.reason));
            }
        }
        choices.forEach((groups, choice) -> {
            List<Options> layers = quantized(groups);
            for (int i = 0; i < choice.length; i++) {
                Options options = layers.get(i);
                decisions.put(options.layer.id(), new Decision(options.bits[choice[i]], options.reason));
            }
        });
        return decisions;
    }

    /** The layers, in the order of their ids. */
    List<Layer> layers() {
        return all.stream().map(Options::layer).toList();
    }
}
