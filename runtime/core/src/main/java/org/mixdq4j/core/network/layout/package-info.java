/**
 * Layouts other than diffusers': which tensor of theirs holds which of ours, both ways. May use {@code core.safetensors}
 * and {@code core.tensor}.
 */
package org.mixdq4j.core.network.layout;
