/**
 * Programs in plain Java: what every executor's steps are compared with. Integer products and quantizers are those of
 * {@code core.quant}, exactly; sums of floats are made in double and rounded once, each epilogue is a float32 operation.
 * May use {@code core.lower}, {@code core.quant}, {@code core.tensor}.
 */
package org.mixdq4j.core.lower.interpret;
