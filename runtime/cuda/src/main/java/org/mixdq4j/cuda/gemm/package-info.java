/**
 * Products of rows on tensor cores: Linear layers, and convolutions that are none but products of rows. May use
 * {@code cuda.device}, {@code cuda.bind}, {@code cuda.finish}, {@code core.lower} and {@code core.quant}.
 */
package org.mixdq4j.cuda.gemm;
