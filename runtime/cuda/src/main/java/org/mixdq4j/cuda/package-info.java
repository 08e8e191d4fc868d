/**
 * The CUDA executor: programs as recorded launches. {@code device} is the GPU or its stand-in, {@code bind} what steps are
 * planned with, {@code finish} the end of every step, the rest a package a family of kernels; their sources are resources. May use {@code core}
 * and its own sub-packages.
 */
package org.mixdq4j.cuda;
