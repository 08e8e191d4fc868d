/** Whole models of random weights, and the time from a command to its picture. May use {@code core}, {@code ptq} and the rest of {@code bench}. */
package org.mixdq4j.bench.picture;
