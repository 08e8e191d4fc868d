package org.mixdq4j.evaluate.pair;

import org.mixdq4j.core.pipeline.TextToImage;

/** One picture to draw. @param seed of the noise it starts from */
public record Drawing(TextToImage.Request request, long seed) {}
