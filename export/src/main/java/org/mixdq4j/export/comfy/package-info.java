/** Checkpoints in the form of ComfyUI and stable-diffusion.cpp. May use core alone. */
package org.mixdq4j.export.comfy;
