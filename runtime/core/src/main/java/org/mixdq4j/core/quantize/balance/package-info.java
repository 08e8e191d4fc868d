/**
 * Channel balancing: factors that move the width of uneven input channels into the weights, chosen by what a Linear's output
 * loses on calibration rows. May use {@code core.quantize} and all it may use, {@code core.exec},
 * {@code core.artifact.calibration} and {@code core.progress}.
 */
package org.mixdq4j.core.quantize.balance;
