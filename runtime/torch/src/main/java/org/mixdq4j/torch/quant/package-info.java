/**
 * Quantized layers: by simulation in float, or by integer kernels behind an interface. May use {@code torch.kernel},
 * {@code torch.array}, {@code core.quant} and DJL.
 */
package org.mixdq4j.torch.quant;
