/** The calibrate stage: captions through the float pipeline into a calibration set. May use core and calib.captions. */
package org.mixdq4j.calib.run;
