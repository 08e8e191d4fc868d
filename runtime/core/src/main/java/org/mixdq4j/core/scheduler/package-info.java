/**
 * Samplers that turn a network's outputs into a picture's latents, configured by diffusers' {@code
 * scheduler_config.json} and numerically equal to them. May use {@code core.error} and Jackson's tree.
 */
package org.mixdq4j.core.scheduler;
