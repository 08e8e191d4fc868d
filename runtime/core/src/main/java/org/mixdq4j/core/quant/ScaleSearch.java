package org.mixdq4j.core.quant;

/** How the scale of one output channel's weights is chosen. */
public enum ScaleSearch {
    /** The largest magnitude becomes the largest integer: nothing is clipped. */
    MAX_ABS,
    /**
     * The least squared error among {@value SymmetricWeights#CLIPPING_CANDIDATES} scales from half of {@link #MAX_ABS}'s
     * up to it; of equal ones the largest.
     */
    LEAST_SQUARES
}
