/** transformers' T5EncoderModel as a graph. May use {@code core.graph}, {@code core.model.block} and {@code core.model.config}. */
package org.mixdq4j.core.model.t5;
