/**
 * From a {@link org.mixdq4j.cuda.device.Kernel} to a binary: sources from resources, what compilers are told, binaries kept on
 * disk. Knows no compiler itself. May use {@code cuda.device} and {@code core.io}.
 */
package org.mixdq4j.cuda.device.compile;
