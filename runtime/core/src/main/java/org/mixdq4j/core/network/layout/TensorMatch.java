package org.mixdq4j.core.network.layout;

import java.util.List;

/**
 * One tensor of a foreign layout and the tensors of ours that it holds.
 *
 * @param foreign its name there
 * @param own names here: one, or as many as are stacked
 * @param form how it holds them
 */
public record TensorMatch(String foreign, List<String> own, Form form) {

    /** How a foreign tensor holds tensors of ours. */
    public enum Form {
        /** As it is. */
        SAME,
        /** As it is; where it is left out it is the identity matrix (the projection of SD3's first text encoder). */
        SAME_OR_IDENTITY,
        /** A matrix as the kernel of a 1x1 convolution: [out, in, 1, 1]. */
        POINTWISE,
        /** A matrix with rows and columns exchanged. */
        TRANSPOSED,
        /** Tensors of equal shape one after the other along the first axis: query, key and value. */
        STACKED,
        /** The halves of the first axis exchanged: shift before scale, where ours is scale before shift. */
        HALVES_SWAPPED
    }

    public TensorMatch {
        own = List.copyOf(own);
    }

    static TensorMatch of(Form form, String foreign, String own) {
        return new TensorMatch(foreign, List.of(own), form);
    }

    TensorMatch prefixed(String prefix) {
        return new TensorMatch(prefix + foreign, own, form);
    }
}
