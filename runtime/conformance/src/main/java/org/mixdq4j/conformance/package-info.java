/**
 * One list of cases that every executor passes, with what plain Java says of them: ops, quantized layers and blocks of
 * networks, at sizes around those of blocks and at extremes. May use {@code core} and what tests are written with.
 */
package org.mixdq4j.conformance;
