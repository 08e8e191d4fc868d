package org.mixdq4j.bitalloc.plan;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/** The layers whose activations suffer most at 8 bits, which MixDQ leaves in float. */
public final class Protection {
    private static final int BITS = 8;

    private Protection() {}

    /**
     * Per group the ceil(share * group size) layers of lowest metric at 8 bits; of equal ones those earlier by id.
     *
     * @param activations layers with the sensitivities of their activations
     * @param share 0 to 1
     */
    public static Set<String> worst(List<Layer> activations, double share) {
        Set<String> worst = new TreeSet<>();
        for (LayerGroup group : LayerGroup.values()) {
            List<Layer> members =
                    activations.stream().filter(layer -> layer.group() == group).toList();
            // 0.07 * 100 is 7.000000000000001 in doubles: a hair above a whole number is that number.
            long count = (long) Math.ceil(share * members.size() - 1e-9);
            if (count > 0) {
                members.stream()
                        .sorted(Comparator.comparingDouble((Layer layer) -> layer.sensitivityAt(BITS))
                                .thenComparing(Layer::id))
                        .limit(count)
                        .forEach(layer -> worst.add(layer.id()));
            }
        }
        return worst;
    }
}
