/**
 * Steps of lowered programs that are no matrix products, in Java: norms, element-wise work, quantizing, copies, lookups.
 * A step takes a few rows at a time into the processor's nearest cache, does all it has to do there, and writes them. May
 * use {@code core.lower}, {@code core.quant}, {@code cpu.session}.
 */
package org.mixdq4j.cpu.vector;
