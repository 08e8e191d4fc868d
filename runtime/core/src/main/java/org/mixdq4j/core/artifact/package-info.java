/**
 * What stages hand each other as files: their formats, and reading and writing them. Knows the definition of quantization
 * ({@code core.quant}) and the model ({@code core.network}), not how numbers are found or networks run.
 */
package org.mixdq4j.core.artifact;
