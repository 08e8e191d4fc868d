/** Random numbers that agree with PyTorch's. May use nothing but the JDK. */
package org.mixdq4j.core.random;
