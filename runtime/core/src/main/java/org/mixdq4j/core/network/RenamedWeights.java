package org.mixdq4j.core.network;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.op.SinCosGrid;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Tensors of another source under other names, 1x1 convolutions as matrices where matrices are expected, and tensors the
 * source leaves out because a formula gives them.
 */
final class RenamedWeights implements WeightSource {
    private final WeightSource source;
    private final Map<String, String> stored;
    private final Map<String, SinCosGrid> computed;
    private final Map<String, Shape> expected;
    private final Set<String> names;

    /**
     * @param stored name here to name in the source
     * @param computed tensors the source does not have
     * @param expected shapes by name, in the order of {@link #names}
     */
    RenamedWeights(
            WeightSource source,
            Map<String, String> stored,
            Map<String, SinCosGrid> computed,
            Map<String, Shape> expected) {
        this.source = source;
        this.stored = stored;
        this.computed = computed;
        this.expected = expected;
        Set<String> all = new LinkedHashSet<>(expected.keySet());
        all.removeIf(name -> !stored.containsKey(name) && !computed.containsKey(name));
        this.names = Collections.unmodifiableSet(all);
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public Tensor tensor(String name) {
        if (computed.containsKey(name)) {
            return computed.get(name).values();
        }
        Tensor tensor = source.tensor(storedName(name));
        Shape shape = shape(name);
        return shape.equals(tensor.shape()) ? tensor : tensor.reshape(shape.toArray());
    }

    @Override
    public DType dtype(String name) {
        return computed.containsKey(name) ? DType.F32 : source.dtype(storedName(name));
    }

    @Override
    public Shape shape(String name) {
        if (computed.containsKey(name)) {
            return computed.get(name).shape();
        }
        Shape found = source.shape(storedName(name));
        boolean pointwise = found.rank() == 4 && found.dim(2) == 1 && found.dim(3) == 1;
        return pointwise && expected.get(name).rank() == 2 ? Shape.of(Arrays.copyOf(found.toArray(), 2)) : found;
    }

    private String storedName(String name) {
        String found = stored.get(name);
        if (found == null) {
            throw new MixdqException("The weights have no tensor '" + name + "'; expected one of the " + stored.size()
                    + " parameters of the network.");
        }
        return found;
    }
}
