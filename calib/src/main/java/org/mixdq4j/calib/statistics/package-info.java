/** Activation statistics over a calibration set. May use core only. */
package org.mixdq4j.calib.statistics;
