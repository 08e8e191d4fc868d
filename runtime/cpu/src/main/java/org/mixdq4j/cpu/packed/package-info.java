/**
 * Integer weights in memory at the bits of their codes, expanded to bytes at each use. Plain Java; may use {@code core}'s
 * quantization types and {@code cpu.session}'s threads.
 */
package org.mixdq4j.cpu.packed;
