/**
 * Text-to-image pipelines: prompt, noise and a model folder in, latents and pictures out. May use every package of core;
 * knows executors only through {@code core.exec}.
 */
package org.mixdq4j.core.pipeline;
