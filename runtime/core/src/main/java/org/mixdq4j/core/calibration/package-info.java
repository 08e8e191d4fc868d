/** The calibration set on disk: manifest, shards, reading. May use core.tensor, core.io, core.safetensors, core.checkpoint. */
package org.mixdq4j.core.calibration;
