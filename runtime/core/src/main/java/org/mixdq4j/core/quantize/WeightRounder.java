package org.mixdq4j.core.quantize;

import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Tensor;

/** How float weights become integers. */
@FunctionalInterface
public interface WeightRounder {
    /**
     * @param layer a Linear or Conv2d
     * @param weight its whole float weight, [outputs, inputs, ...]
     * @param part the input channels to quantize, and which rows of the input the layer quantizes
     */
    SymmetricWeights quantize(Node layer, Tensor weight, StatisticsKey part, WeightQuant quant);

    /** Every weight to its nearest integer. */
    static WeightRounder nearest(ScaleSearch search) {
        return (layer, weight, part, quant) -> SymmetricWeights.quantize(weight, part.from(), part.to(), quant, search);
    }
}
