/**
 * Bit plans as files, as allocation leaves and quantization takes them. May use {@code core.artifact.sensitivity},
 * {@code core.network.source} and {@code core.graph}.
 */
package org.mixdq4j.core.artifact.plan;
