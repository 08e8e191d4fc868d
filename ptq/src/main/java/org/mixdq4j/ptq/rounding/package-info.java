/**
 * Rounding of weights that heeds what a layer reads: second moments of its inputs, error feedback (GPTQ), coordinate descent,
 * and the choice among them on samples held out. May use core and {@code ptq.probe}.
 */
package org.mixdq4j.ptq.rounding;
