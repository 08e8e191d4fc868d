/**
 * From float weights and statistics of activations to quantized layers: the forms a layer may take, and its integers in one
 * of them. May use {@code core.graph}, {@code core.quant}, {@code core.quantize.range} and {@code core.quantize.statistics}.
 */
package org.mixdq4j.core.quantize;
