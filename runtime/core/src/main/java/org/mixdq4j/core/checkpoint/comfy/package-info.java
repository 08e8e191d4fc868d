/**
 * The INT8 files of ComfyUI and stable-diffusion.cpp as quantized checkpoints. May use core.checkpoint, core.model.source and
 * what these use.
 */
package org.mixdq4j.core.checkpoint.comfy;
