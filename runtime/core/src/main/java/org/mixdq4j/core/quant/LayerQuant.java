package org.mixdq4j.core.quant;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How one Linear or Conv2d is to be quantized.
 *
 * @param weight empty: the weight stays in float
 * @param activation empty: the input stays in float
 * @param split input channels at which the input is cut into segments with parameters of their own, ascending; used
 *     where a channel concat joins values of different range (Q-Diffusion's shortcut split)
 * @param bos whether row 0 of the token axis is left out of quantization and computed in float (MixDQ section 4.1: the
 *     begin-of-sentence token of CLIP is an outlier)
 * @param balanced whether input channels are multiplied by factors that the weights were divided by
 * @param rotation features a run of the input that are rotated together, after the factors; {@link Rotation#NONE} for none
 */
public record LayerQuant(
        Optional<WeightQuant> weight,
        Optional<ActivationQuant> activation,
        List<Integer> split,
        boolean bos,
        boolean balanced,
        int rotation) {
    public LayerQuant {
        split = List.copyOf(split);
        if (rotation != Rotation.NONE && !Rotation.isSize(rotation)) {
            throw new IllegalArgumentException("inputs are rotated in runs of a power of 4 features, not " + rotation);
        }
    }

    /** One whose inputs are not rotated. */
    public LayerQuant(
            Optional<WeightQuant> weight,
            Optional<ActivationQuant> activation,
            List<Integer> split,
            boolean bos,
            boolean balanced) {
        this(weight, activation, split, bos, balanced, Rotation.NONE);
    }

    /** One whose input channels are read as they are. */
    public LayerQuant(
            Optional<WeightQuant> weight, Optional<ActivationQuant> activation, List<Integer> split, boolean bos) {
        this(weight, activation, split, bos, false);
    }

    /** The same with balanced input channels, or without. */
    public LayerQuant balanced(boolean whether) {
        return new LayerQuant(weight, activation, split, bos, whether, rotation);
    }

    /** The same with inputs rotated in runs of this many features. */
    public LayerQuant rotated(int size) {
        return new LayerQuant(weight, activation, split, bos, balanced, size);
    }

    /** Whether scales of the input are found at run time. */
    public boolean dynamic() {
        return activation.filter(ActivationQuant::dynamic).isPresent();
    }

    /** Where segments begin and end: 0, the splits, {@code inputs}. Segment i reads channels [edge i, edge i + 1). */
    public List<Integer> edges(int inputs) {
        List<Integer> edges = new ArrayList<>(split);
        edges.add(0, 0);
        edges.add(inputs);
        return edges;
    }
}
