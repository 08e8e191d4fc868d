/**
 * oneDNN as this executor uses it: memory, layouts, primitives with their attributes, and what its kernels cannot do. May use
 * {@code core}'s tensors, quantization types and errors, {@code cpu.packed}, the oneDNN binding, and JNA to tell oneDNN's
 * OpenMP library how many threads to use.
 */
package org.mixdq4j.cpu.onednn;
