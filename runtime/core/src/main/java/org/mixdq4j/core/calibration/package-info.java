/**
 * The calibration set on disk: manifest, shards, reading; and the seam by which statistics over it are gathered. May use
 * core.tensor, core.io, core.safetensors, core.checkpoint, and for statistics core.graph, core.exec, core.statistics.
 */
package org.mixdq4j.core.calibration;
