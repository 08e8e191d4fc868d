/**
 * transformers' T5EncoderModel as a graph. May use {@code core.graph}, {@code core.network.block} and
 * {@code core.network.config}.
 */
package org.mixdq4j.core.network.t5;
