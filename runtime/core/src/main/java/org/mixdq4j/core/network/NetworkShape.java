package org.mixdq4j.core.network;

/**
 * Extents a graph is built for; a network reads those it has. CLIPModel takes {@code batch} texts and as many images,
 * whose size its configuration fixes, as it does the number of a text encoder's tokens.
 *
 * @param height of the latents, also for a decoder of latents
 * @param width of the latents
 * @param tokens of the prompt that a denoising network or a T5 encoder reads
 */
public record NetworkShape(int batch, int height, int width, int tokens) {
    /** For a text encoder or CLIPModel. */
    public static NetworkShape texts(int batch) {
        return new NetworkShape(batch, 0, 0, 0);
    }

    /** For an autoencoder's decoder. */
    public static NetworkShape latents(int batch, int height, int width) {
        return new NetworkShape(batch, height, width, 0);
    }
}
