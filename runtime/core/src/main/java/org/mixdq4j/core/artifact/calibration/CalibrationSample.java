package org.mixdq4j.core.artifact.calibration;

/**
 * One picture of a calibration set.
 *
 * @param id of the caption
 * @param seed of its noise, derived from the id so that it depends on nothing else
 */
public record CalibrationSample(long id, String caption, long seed) {}
