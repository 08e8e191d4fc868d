/**
 * What was measured of a model's layers, and what bits cost them: tables as YAML, ours and MixDQ's published ones, and
 * the folder that holds them. May use {@code core.network.source}, {@code core.io} and SnakeYAML.
 */
package org.mixdq4j.core.artifact.sensitivity;
