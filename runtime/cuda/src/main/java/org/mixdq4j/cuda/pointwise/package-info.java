/**
 * Kernels that go over rows once: pointwise work, norms of a row, quantizers by one scale or by a row's own magnitude. Eight columns
 * at a time where sizes and places allow it, else one. May use {@code cuda.bind}, {@code cuda.device} and {@code cuda.finish}.
 */
package org.mixdq4j.cuda.pointwise;
