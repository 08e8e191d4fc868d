/**
 * A device of host memory, for machines without a GPU: what a kernel does is done by its twin, plain Java on the same bytes.
 * It is how launch geometry, arguments, packed weights and places are tested everywhere. May use {@code cuda.device} and {@code core.tensor}.
 */
package org.mixdq4j.cuda.device.host;
