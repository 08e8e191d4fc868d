/** Quantizing and running one network by itself, with its time and memory. May use {@code core}, {@code ptq}, ceilings of {@code bench.conformance}. */
package org.mixdq4j.bench.step;
