/**
 * Low-rank adaptations (LoRA, Hu et al., 2106.09685) read from the files people share and added to a model's weights. May use
 * {@code core.network.source}, {@code core.network.layout}, {@code core.safetensors} and the packages below these.
 */
package org.mixdq4j.core.lora;
