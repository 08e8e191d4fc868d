/**
 * Statistics of activations, their file, and how they are gathered over a calibration set. May use
 * {@code core.graph}, {@code core.exec}, {@code core.safetensors}, {@code core.progress} and
 * {@code core.artifact.calibration}.
 */
package org.mixdq4j.core.quantize.statistics;
