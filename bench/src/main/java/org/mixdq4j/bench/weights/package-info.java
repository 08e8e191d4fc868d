/** Checkpoints of random weights for networks of which only the configuration ships. May use {@code core}. */
package org.mixdq4j.bench.weights;
