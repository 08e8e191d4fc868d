package org.mixdq4j.core.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.range.RangeChooser;
import org.mixdq4j.core.statistics.ActivationStatistics;
import org.mixdq4j.core.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** One layer's float weight and statistics to its quantized form. */
public final class LayerQuantizer {
    private final WeightSource weights;
    private final ActivationStatistics statistics;
    private final RangeChooser ranges;
    private final WeightRounder rounder;

    public LayerQuantizer(
            WeightSource weights, ActivationStatistics statistics, RangeChooser ranges, WeightRounder rounder) {
        this.weights = weights;
        this.statistics = statistics;
        this.ranges = ranges;
        this.rounder = rounder;
    }

    /** The same layers with weights rounded otherwise. */
    public LayerQuantizer with(WeightRounder other) {
        return new LayerQuantizer(weights, statistics, ranges, other);
    }

    /** @throws org.mixdq4j.core.error.MixdqException if the statistics hold nothing for it, or a weight is not finite */
    public QuantizedLayer quantize(Node layer, LayerQuant quant) {
        Tensor weight = weights.tensor(layer.id() + ".weight");
        List<Segment> segments = new ArrayList<>();
        for (StatisticsKey key : LayerForms.keys(layer, quant)) {
            Optional<AffineParams> activation =
                    quant.activation().map(a -> ranges.choose(statistics.get(key), a.bits()));
            segments.add(quant.weight()
                    .map(w -> rounder.quantize(layer, weight, key, w).segment(key.from(), activation))
                    .orElseGet(() -> floating(weight, key, activation)));
        }
        Optional<Tensor> bias =
                layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
        return new QuantizedLayer(segments, bias, quant.bos());
    }

    private static Segment floating(Tensor weight, StatisticsKey key, Optional<AffineParams> activation) {
        boolean whole = key.from() == 0 && key.to() == weight.shape().dim(1);
        Tensor part = whole ? weight : Axes.narrow(weight, 1, key.from(), key.to());
        return new Segment(key.from(), key.to(), part, null, activation);
    }
}
