/**
 * From float weights and statistics of activations to quantized layers: the forms a layer may take, and its integers in one
 * of them. May use {@code core.graph}, {@code core.quant}, {@code core.range} and {@code core.statistics}.
 */
package org.mixdq4j.core.quantize;
