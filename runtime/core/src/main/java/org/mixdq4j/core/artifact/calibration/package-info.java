/**
 * The calibration set on disk: manifest, shards, and reading them. May use {@code core.tensor}, {@code core.io},
 * {@code core.safetensors} and {@code core.network.source}.
 */
package org.mixdq4j.core.artifact.calibration;
