/**
 * Softmax attention: {@code attention.cu} for heads of up to 160 in halves, products and {@code attention_wide.cu} for wider ones, {@code
 * attention_plain.cu} for all others. May use {@code cuda.device}, {@code cuda.bind}, {@code cuda.finish}, {@code cuda.gemm} and
 * {@code core.lower}.
 */
package org.mixdq4j.cuda.attention;
