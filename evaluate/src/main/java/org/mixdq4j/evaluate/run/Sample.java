package org.mixdq4j.evaluate.run;

import java.util.Optional;

/**
 * A caption to draw.
 *
 * @param id of the caption in its file
 * @param seed of the noise
 * @param picture name, without its ending, of the picture the caption was written for, where the file tells
 */
public record Sample(long id, String caption, long seed, Optional<String> picture) {}
