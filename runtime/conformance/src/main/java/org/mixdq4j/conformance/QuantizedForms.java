package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Tensor;

/**
 * How a layer is quantized.
 *
 * @param weight bits and groups
 * @param inputBits of integers of the input; 0 for one that stays in float
 * @param token whether the input has a scale for each row, in place of one range
 * @param cuts input channels at which a new segment begins
 * @param bos whether the first token's row stays in float
 * @param factors whether input channels are multiplied by factors
 * @param rotation features a run of the input that are rotated together, or 0
 */
record QuantizedForms(
        WeightQuant weight,
        int inputBits,
        boolean token,
        List<Integer> cuts,
        boolean bos,
        boolean factors,
        int rotation) {
    static QuantizedForms plain(int weightBits, int inputBits) {
        return new QuantizedForms(new WeightQuant(weightBits), inputBits, false, List.of(), false, false, 0);
    }

    QuantizedForms cut(Integer... at) {
        return new QuantizedForms(weight, inputBits, token, List.of(at), bos, factors, rotation);
    }

    QuantizedForms grouped(int group) {
        return new QuantizedForms(
                new WeightQuant(weight.bits(), group), inputBits, token, cuts, bos, factors, rotation);
    }

    QuantizedForms byToken() {
        return new QuantizedForms(weight, inputBits, true, cuts, bos, factors, rotation);
    }

    QuantizedForms firstRowInFloat() {
        return new QuantizedForms(weight, inputBits, token, cuts, true, factors, rotation);
    }

    QuantizedForms balanced() {
        return new QuantizedForms(weight, inputBits, token, cuts, bos, true, rotation);
    }

    QuantizedForms rotated(int size) {
        return new QuantizedForms(weight, inputBits, token, cuts, bos, factors, size);
    }

    String description() {
        return "W" + weight.bits() + (weight.group() == 0 ? "" : " in groups of " + weight.group()) + " A"
                + (inputBits == 0 ? "16" : inputBits) + (token ? " by token" : "")
                + (cuts.isEmpty() ? "" : " cut at " + cuts)
                + (bos ? ", first row in float" : "") + (factors ? ", balanced" : "")
                + (rotation == 0 ? "" : ", rotated by " + rotation);
    }

    /** A layer with these weights. Ranges are narrower than what is read, so that some of it saturates. */
    QuantizedLayer of(Layer layer, Tensor values, Optional<Tensor> bias, long seed) {
        Random random = new Random(seed);
        List<Integer> edges = new ArrayList<>(List.of(0));
        edges.addAll(cuts);
        edges.add(layer.inputs());
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            Optional<InputQuant> input = inputBits == 0
                    ? Optional.empty()
                    : Optional.of(
                            token
                                    ? new TokenParams(inputBits)
                                    : AffineParams.ofRange(-1.7 - 0.2 * i, 2.3 + 0.1 * i, inputBits));
            segments.add(SymmetricWeights.quantize(values, edges.get(i), edges.get(i + 1), weight, ScaleSearch.MAX_ABS)
                    .segment(edges.get(i), input));
        }
        float[] multipliers = new float[layer.inputs()];
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = (float) Math.exp(0.3 * random.nextGaussian());
        }
        return new QuantizedLayer(segments, bias, bos, factors ? Optional.of(multipliers) : Optional.empty(), rotation);
    }
}
