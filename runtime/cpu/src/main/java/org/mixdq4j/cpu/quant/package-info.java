/**
 * Quantized layers: by simulation in float, or by integer kernels behind an interface. May use {@code cpu.kernel},
 * {@code cpu.array}, {@code cpu.packed}, {@code core.quant} and DJL.
 */
package org.mixdq4j.cpu.quant;
