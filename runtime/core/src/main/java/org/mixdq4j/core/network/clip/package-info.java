/** transformers' CLIP: text encoders and the text-image pair. May use {@code core.graph}, {@code core.network.block}. */
package org.mixdq4j.core.network.clip;
