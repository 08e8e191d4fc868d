/**
 * How prompts are written: words with learned vectors, and weights and chunks as AUTOMATIC1111's web UI reads them. May use
 * core.error, core.io, core.tensor, core.safetensors, core.network.source and core.tokenizer.
 */
package org.mixdq4j.core.prompt;
