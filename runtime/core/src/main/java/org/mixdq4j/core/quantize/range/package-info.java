/** From statistics of activations to quantization parameters. May use {@code core.quantize.statistics} and {@code core.quant}. */
package org.mixdq4j.core.quantize.range;
