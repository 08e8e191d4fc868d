package org.mixdq4j.ptq.rounding;

import org.mixdq4j.core.quant.SymmetricWeights;

/**
 * A part of a layer, rounded.
 *
 * @param method the one chosen
 * @param sqnr of the part's output on held-out vectors in dB, its input in float
 * @param nearestSqnr the same of the better of the two roundings to nearest
 */
record RoundedPart(SymmetricWeights weights, RoundingMethod method, double sqnr, double nearestSqnr) {}
