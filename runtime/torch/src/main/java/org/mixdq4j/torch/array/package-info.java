/** Between core tensors and DJL arrays: loading PyTorch, copying, viewing, slicing. May use DJL and {@code core.tensor}. */
package org.mixdq4j.torch.array;
