/**
 * A model on disk, whatever its layout: a folder of diffusers, or one file. May use core.io, core.safetensors,
 * core.tensor, core.graph, core.progress, and the networks and layouts of core.network.
 */
package org.mixdq4j.core.network.source;
