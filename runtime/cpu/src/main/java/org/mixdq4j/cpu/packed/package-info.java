/**
 * Integer weights in memory at the bits of their codes, expanded to bytes at each use. Plain Java; may use {@code core}'s
 * quantization types.
 */
package org.mixdq4j.cpu.packed;
