package org.mixdq4j.cuda.gemm;

/**
 * Of a product.
 *
 * @param m rows of the result
 * @param n columns of it, before GEGLU halves them
 * @param k bytes of a row of the input that are multiplied
 */
public record Size(int m, int n, int k) {}
