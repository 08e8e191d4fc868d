/** Tensors in host memory and where their elements come from. May use the JDK and {@code core.error}. */
package org.mixdq4j.core.tensor;
