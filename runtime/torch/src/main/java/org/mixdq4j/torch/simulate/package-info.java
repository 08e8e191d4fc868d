/**
 * Quantized layers by simulation in float. May use
 * {@code torch.kernel}, {@code torch.array}, {@code core.lower}, {@code core.quant} and DJL.
 */
package org.mixdq4j.torch.simulate;
