package org.mixdq4j.sensitivity.measure;

/**
 * What a variant did to one unit.
 *
 * @param signal summed squares of the float network's output
 * @param noise summed squares of what the variant changed of it
 * @param ssim of the picture with the float one; NaN where it was not asked for
 * @param nodes of the network computed for it
 */
public record Measured(double signal, double noise, double ssim, long nodes) {}
