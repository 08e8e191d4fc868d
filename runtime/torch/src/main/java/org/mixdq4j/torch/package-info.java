/**
 * The reference: graphs on PyTorch through DJL, one kernel a node, in float or with quantization simulated; what is inside can
 * be watched, recorded, changed and differentiated. May use {@code core} and its own sub-packages; nothing outside sees more
 * than the provider.
 */
package org.mixdq4j.torch;
