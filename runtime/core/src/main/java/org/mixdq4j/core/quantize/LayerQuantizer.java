package org.mixdq4j.core.quantize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** One layer's float weight and statistics to its quantized form. */
public final class LayerQuantizer {
    private final WeightSource weights;
    private final ActivationStatistics statistics;
    private final RangeChooser ranges;
    private final WeightRounder rounder;
    private final Map<String, float[]> multipliers;

    /** Inputs are read as they are. */
    public LayerQuantizer(
            WeightSource weights, ActivationStatistics statistics, RangeChooser ranges, WeightRounder rounder) {
        this(weights, statistics, ranges, rounder, Map.of());
    }

    private LayerQuantizer(
            WeightSource weights,
            ActivationStatistics statistics,
            RangeChooser ranges,
            WeightRounder rounder,
            Map<String, float[]> multipliers) {
        this.weights = weights;
        this.statistics = statistics;
        this.ranges = ranges;
        this.rounder = rounder;
        this.multipliers = multipliers;
    }

    /** The same layers with weights rounded otherwise. */
    public LayerQuantizer with(WeightRounder other) {
        return new LayerQuantizer(weights, statistics, ranges, other, multipliers);
    }

    /**
     * The same layers, but those named multiply their input channels by these factors and their weights are divided by them.
     * A static range is then the smallest that holds all values that were seen, whatever the range method.
     *
     * @param factors ids of Linears to one factor an input channel
     */
    public LayerQuantizer balanced(Map<String, float[]> factors) {
        return new LayerQuantizer(weights, statistics, ranges, rounder, Map.copyOf(factors));
    }

    /**
     * A layer in a form. Where its input is rotated, so is its weight, after it was divided by factors.
     *
     * @throws org.mixdq4j.core.error.MixdqException if the statistics hold nothing for it, or a weight is not finite
     * @throws IllegalArgumentException if its input is rotated and has a static range, which nobody measured
     */
    public QuantizedLayer quantize(Node layer, LayerQuant quant) {
        Optional<float[]> multiplier = Optional.ofNullable(multipliers.get(layer.id()));
        Tensor stored = weights.tensor(layer.id() + ".weight");
        Tensor weight = Rotation.ofWeights(
                multiplier
                        .map(factors -> BalancedWeights.divided(stored, factors))
                        .orElse(stored),
                quant.rotation());
        if (quant.rotation() != Rotation.NONE && quant.activation().isPresent() && !quant.dynamic()) {
            throw new IllegalArgumentException(layer.id() + " has rotated inputs, whose range is not known");
        }
        List<Segment> segments = new ArrayList<>();
        for (StatisticsKey key : LayerForms.keys(layer, quant)) {
            Optional<InputQuant> activation = quant.activation().map(a -> input(key, a, multiplier));
            segments.add(quant.weight()
                    .map(w -> rounder.quantize(layer, weight, key, w).segment(key.from(), activation))
                    .orElseGet(() -> floating(weight, key, activation)));
        }
        Optional<Tensor> bias =
                layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
        return new QuantizedLayer(segments, bias, quant.bos(), multiplier, quant.rotation());
    }

    private InputQuant input(StatisticsKey key, ActivationQuant quant, Optional<float[]> multiplier) {
        if (quant.dynamic()) {
            return new TokenParams(quant.bits());
        }
        TensorStatistics seen = statistics.get(key);
        return multiplier
                .map(factors -> balancedRange(seen, Arrays.copyOfRange(factors, key.from(), key.to()), quant.bits()))
                .orElseGet(() -> ranges.choose(seen, quant.bits()));
    }

    private static AffineParams balancedRange(TensorStatistics seen, float[] factors, int bits) {
        float low = 0;
        float high = 0;
        float[] least = seen.channelMin();
        float[] most = seen.channelMax();
        for (int c = 0; c < factors.length; c++) {
            if (least[c] <= most[c]) {
                low = Math.min(low, least[c] * factors[c]);
                high = Math.max(high, most[c] * factors[c]);
            }
        }
        return AffineParams.ofRange(low, high, bits);
    }

    private static Segment floating(Tensor weight, StatisticsKey key, Optional<InputQuant> activation) {
        boolean whole = key.from() == 0 && key.to() == weight.shape().dim(1);
        Tensor part = whole ? weight : Axes.narrow(weight, 1, key.from(), key.to());
        return new Segment(key.from(), key.to(), part, null, activation);
    }
}
