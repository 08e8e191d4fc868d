/**
 * One kernel per op of the graph, in FP32, grouped by family; {@code Kernels} maps every op to its own. May use
 * {@code torch.array}, {@code core.graph} and DJL.
 */
package org.mixdq4j.torch.kernel;
