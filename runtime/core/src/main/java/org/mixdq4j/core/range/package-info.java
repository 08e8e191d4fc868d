/** From statistics of activations to quantization parameters. May use {@code core.statistics} and {@code core.quant}. */
package org.mixdq4j.core.range;
