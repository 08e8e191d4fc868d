/** CLIP as a judge: a transformers folder in, embeddings and scores out. May use {@code evaluate.score} and core. */
package org.mixdq4j.evaluate.clip;
