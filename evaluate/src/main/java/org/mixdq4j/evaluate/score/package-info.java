/**
 * What judges of pictures look like, and those that come as TorchScript. A judge of its own (ImageReward, HPS, an
 * aesthetic score) is plugged in as a {@link org.mixdq4j.evaluate.score.PromptScore} found by {@link
 * java.util.ServiceLoader}. May use core only.
 */
package org.mixdq4j.evaluate.score;
