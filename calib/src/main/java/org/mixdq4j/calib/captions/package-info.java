/**
 * The prompts that a calibration set is made of, read from COCO annotations, tables, JSON or a text file. May use {@code core.error} and
 * Jackson.
 */
package org.mixdq4j.calib.captions;
