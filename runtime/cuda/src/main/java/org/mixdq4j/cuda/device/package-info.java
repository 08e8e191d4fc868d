/**
 * What the executor needs of a GPU: memory, kernels with their arguments, launches. {@code driver} is a real one, {@code host}
 * one of host memory on which plain Java stands in for each kernel. May use {@code core.error} only, {@code compile} also {@code core.io}.
 */
package org.mixdq4j.cuda.device;
