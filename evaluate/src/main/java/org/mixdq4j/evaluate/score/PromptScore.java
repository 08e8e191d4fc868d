package org.mixdq4j.evaluate.score;

import org.mixdq4j.core.image.RgbImage;

/**
 * Judges a picture by what was asked for; higher is better. The CLIP score is one. Others, such as ImageReward, are
 * plugged in without a change to mixdq:
 *
 * <ol>
 *   <li>Implement this interface in a jar, with a public constructor without arguments. Where weights lie is the
 *       implementation's to find out (an environment variable, a system property); it may run them with
 *       {@link org.mixdq4j.core.exec.Executors} and {@link org.mixdq4j.core.exec.Scripts}.
 *   <li>Name the class in the jar's {@code META-INF/services/org.mixdq4j.evaluate.score.PromptScore}.
 *   <li>Put the jar on the class path: {@code MIXDQ_PLUGINS=imagereward.jar ./mixdq evaluate ...}.
 * </ol>
 *
 * <p>{@code mixdq evaluate} then reports its mean and standard error, and those of the difference to the float pictures,
 * as a further column. A failure should be a {@link org.mixdq4j.core.error.MixdqException} of one sentence.
 */
public interface PromptScore extends AutoCloseable {
    /** What the column is called: lower-case letters, digits and underscores, as {@code image_reward}. */
    String name();

    /** The same prompt and picture must always give the same finite number. */
    double score(String prompt, RgbImage picture);

    @Override
    default void close() {}
}
