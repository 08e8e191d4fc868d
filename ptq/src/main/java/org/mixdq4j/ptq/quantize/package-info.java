/** From a scheme, statistics and float weights to quantized layers. May use core, ptq.scheme and ptq.range. */
package org.mixdq4j.ptq.quantize;
