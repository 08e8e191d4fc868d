/** A model on disk in diffusers' layout. May use core.io and core.safetensors. */
package org.mixdq4j.core.model.folder;
