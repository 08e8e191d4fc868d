/** Measuring what quantized layers cost, by simulation on calibration rows. May use core only. */
package org.mixdq4j.ptq.probe;
