/**
 * The INT8 files of ComfyUI and stable-diffusion.cpp as quantized checkpoints. May use
 * {@code core.artifact.checkpoint}, {@code core.network} and what these use.
 */
package org.mixdq4j.core.artifact.checkpoint.comfy;
