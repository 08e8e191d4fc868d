/**
 * Graphs layer by layer: floats by {@code mixdq-torch}, layers in integers by oneDNN on PyTorch's memory. Goes away with the
 * executor of lowered programs. May use {@code cpu.onednn}, {@code cpu.packed}, {@code mixdq-torch} and DJL.
 */
package org.mixdq4j.cpu.layerwise;
