package org.mixdq4j.sensitivity.variant;

import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;

/**
 * One layer with its weight or its input alone quantized, everything else in float.
 *
 * @param layer id of a Linear or Conv2d
 * @param part weight or input
 * @param bits 2 to 8
 */
public record Variant(String layer, Part part, int bits) {}
