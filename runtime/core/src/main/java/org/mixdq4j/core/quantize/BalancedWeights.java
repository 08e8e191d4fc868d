package org.mixdq4j.core.quantize;

import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Weights of Linears whose input channels are multiplied by factors: each column is divided by its channel's factor, so that
 * in float the layer's output is what it was. All other tensors are those of the source.
 */
public final class BalancedWeights implements WeightSource {
    private static final String WEIGHT = ".weight";

    private final WeightSource source;
    private final Map<String, float[]> multipliers;

    /** @param multipliers layer id to one factor an input channel */
    public BalancedWeights(WeightSource source, Map<String, float[]> multipliers) {
        this.source = source;
        this.multipliers = Map.copyOf(multipliers);
    }

    @Override
    public Set<String> names() {
        return source.names();
    }

    @Override
    public Tensor tensor(String name) {
        float[] multiplier = multiplier(name);
        return multiplier == null ? source.tensor(name) : divided(source.tensor(name), multiplier);
    }

    @Override
    public DType dtype(String name) {
        return multiplier(name) == null ? source.dtype(name) : DType.F32;
    }

    @Override
    public Shape shape(String name) {
        return source.shape(name);
    }

    @Override
    public boolean contains(String name) {
        return source.contains(name);
    }

    private float[] multiplier(String name) {
        return name.endsWith(WEIGHT) ? multipliers.get(name.substring(0, name.length() - WEIGHT.length())) : null;
    }

    /** {@code w[o][c] / multiplier[c]} in F32. @param weight [outputs, inputs] */
    public static Tensor divided(Tensor weight, float[] multiplier) {
        Tensor out = Tensor.zeros(DType.F32, weight.shape());
        int width = multiplier.length;
        IntStream.range(0, weight.shape().dim(0)).parallel().forEach(output -> {
            float[] row = weight.slice(output, output + 1).toFloatArray();
            for (int c = 0; c < width; c++) {
                row[c] /= multiplier[c];
            }
            out.floats().put(output * width, row);
        });
        return out;
    }
}
