/**
 * Integer Linear and Conv2d on oneDNN: unsigned 8-bit activations, signed 8-bit weights, exact 32-bit sums. May use
 * {@code core}'s tensors, operators, quantization types and errors, {@code cpu.packed}, the oneDNN binding, and JNA to
 * tell oneDNN's OpenMP library how many threads to use; knows no other executor.
 */
package org.mixdq4j.cpu.onednn;
