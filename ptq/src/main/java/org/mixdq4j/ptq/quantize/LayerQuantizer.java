package org.mixdq4j.ptq.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.statistics.ActivationStatistics;
import org.mixdq4j.core.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.range.RangeChooser;
import org.mixdq4j.ptq.range.RangeMethod;
import org.mixdq4j.ptq.scheme.Scheme;

/** One layer's float weight and statistics to its quantized form. */
public final class LayerQuantizer {
    private final WeightSource weights;
    private final ActivationStatistics statistics;
    private final RangeChooser ranges;
    private final ScaleSearch search;

    public LayerQuantizer(WeightSource weights, ActivationStatistics statistics, Scheme scheme) {
        this.weights = weights;
        this.statistics = statistics;
        this.ranges = new RangeChooser(
                scheme.activations().range(), scheme.activations().percentile());
        this.search = scheme.weights().range() == RangeMethod.MSE ? ScaleSearch.LEAST_SQUARES : ScaleSearch.MAX_ABS;
    }

    public QuantizedLayer quantize(Node layer, LayerQuant quant) {
        Tensor weight = weights.tensor(layer.id() + ".weight");
        List<Segment> segments = new ArrayList<>();
        for (StatisticsKey key : LayerPlanner.keys(layer, quant)) {
            SymmetricWeights quantized = SymmetricWeights.quantize(
                    weight, key.from(), key.to(), quant.weight().orElseThrow(), search);
            segments.add(quantized.segment(
                    key.from(), quant.activation().map(a -> ranges.choose(statistics.get(key), a.bits()))));
        }
        Optional<Tensor> bias =
                layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
        return new QuantizedLayer(segments, bias, quant.bos());
    }
}
