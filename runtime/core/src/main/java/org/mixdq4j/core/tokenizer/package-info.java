/**
 * Prompts to token ids, the way the text encoders were trained to see them. May use {@code core.error}, Jackson and DJL's
 * tokenizers library; nothing else in the project may call that library.
 */
package org.mixdq4j.core.tokenizer;
