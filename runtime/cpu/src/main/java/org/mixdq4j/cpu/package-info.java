/**
 * The CPU executor: PyTorch through DJL for float and simulated quantization, oneDNN for integers. May use {@code core} and its own
 * sub-packages; nothing outside sees more than the provider.
 */
package org.mixdq4j.cpu;
