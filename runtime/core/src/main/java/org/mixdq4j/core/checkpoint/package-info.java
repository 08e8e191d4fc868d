/**
 * The quantized checkpoint on disk, and the fingerprint that ties it to the model it was made from. May use every package
 * of core but the pipelines that run.
 */
package org.mixdq4j.core.checkpoint;
