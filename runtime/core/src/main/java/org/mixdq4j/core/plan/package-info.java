/** Bit plans as files, as allocation leaves and quantization takes them. May use {@code core.sensitivity} and {@code core.graph}. */
package org.mixdq4j.core.plan;
