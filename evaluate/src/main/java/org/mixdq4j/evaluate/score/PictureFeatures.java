package org.mixdq4j.evaluate.score;

import org.mixdq4j.core.image.RgbImage;

/** What a network sees in a picture, as a vector of always the same length. */
public interface PictureFeatures extends AutoCloseable {
    /** Which features of what, for people. */
    String description();

    float[] features(RgbImage picture);

    @Override
    default void close() {}
}
