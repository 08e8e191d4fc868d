/**
 * Networks lowered for speed: a graph becomes a {@link org.mixdq4j.core.lower.Program}, few fused steps over stored values
 * with a place for each in one arena. Plain Java, immutable, the same for every fast executor. May use {@code core.graph},
 * {@code core.quant}, {@code core.tensor}.
 */
package org.mixdq4j.core.lower;
