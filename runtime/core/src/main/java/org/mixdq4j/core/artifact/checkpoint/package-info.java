/**
 * The quantized checkpoint on disk. May use {@code core.quant}, {@code core.graph}, {@code core.safetensors} and
 * {@code core.network.source}.
 */
package org.mixdq4j.core.artifact.checkpoint;
