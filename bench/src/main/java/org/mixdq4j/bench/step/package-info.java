/** Quantizing and running one network by itself, with its time and memory. May use {@code core} and {@code ptq}. */
package org.mixdq4j.bench.step;
