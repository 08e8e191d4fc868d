/**
 * Quantization arithmetic in plain Java: the definition that simulation and integer kernels must agree with. May use
 * {@code core.tensor} and {@code core.graph.op}.
 */
package org.mixdq4j.core.quant;
