package org.mixdq4j.core.quant;

import org.mixdq4j.core.tensor.Tensor;

/**
 * What integer weights lose on the begin-of-sentence row: for the few input features in which that row is an outlier,
 * the difference {@code W - dequantized(W)}. Added in float, it makes the row as good as one of float weights at a cost
 * of {@code columns.length} columns.
 *
 * @param columns input features, ascending
 * @param residual F32 or F16 [outputs, columns.length]
 */
public record BosCorrection(int[] columns, Tensor residual) {}
