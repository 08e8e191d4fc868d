/**
 * How pictures of quantized models compare with those of the float one: {@code pair} draws and compares, {@code clip},
 * {@code fid} and {@code score} judge, {@code run} is the stage. May use core and EJML only.
 */
package org.mixdq4j.evaluate;
