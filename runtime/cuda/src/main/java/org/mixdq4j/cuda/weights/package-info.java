/**
 * Weights in the order in which kernels read them: outputs, then taps of a convolution's window, then input channels. May use
 * {@code core.tensor}, {@code core.quant}.
 */
package org.mixdq4j.cuda.weights;
