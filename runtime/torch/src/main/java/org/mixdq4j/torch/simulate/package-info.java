/**
 * Quantized layers by simulation in float, and the interface behind which an executor puts integer kernels. May use
 * {@code torch.kernel}, {@code torch.array}, {@code core.quant}, {@code core.exec} and DJL.
 */
package org.mixdq4j.torch.simulate;
