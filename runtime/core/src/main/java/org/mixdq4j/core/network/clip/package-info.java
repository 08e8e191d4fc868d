/**
 * transformers' CLIP: text encoders and the text-image pair. May use {@code core.graph}, {@code core.network.block}
 * and {@code core.network.config}.
 */
package org.mixdq4j.core.network.clip;
