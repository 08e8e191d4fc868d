/** The same prompts from the same noise, in float and quantized, and how alike they are. May use {@code evaluate.statistic} and core. */
package org.mixdq4j.evaluate.pair;
