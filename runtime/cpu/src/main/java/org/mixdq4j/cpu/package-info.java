/**
 * The CPU executor: integers by oneDNN. May use {@code core}, {@code mixdq-torch} in {@code layerwise} alone, and its own
 * sub-packages; the provider asks it whether PyTorch is there; nothing outside sees more than the provider.
 */
package org.mixdq4j.cpu;
