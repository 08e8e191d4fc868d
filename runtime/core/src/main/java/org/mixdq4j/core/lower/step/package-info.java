/** What a lowered program is made of. May use {@code core.lower}'s values, {@code core.graph.op}, {@code core.quant}. */
package org.mixdq4j.core.lower.step;
