/**
 * Products of lowered programs by oneDNN: weights packed once a model, primitives made once a plan and bound to their memory. May use
 * {@code cpu.onednn}, {@code cpu.session}, {@code cpu.packed}, gates of {@code cpu.vector}.
 */
package org.mixdq4j.cpu.product;
