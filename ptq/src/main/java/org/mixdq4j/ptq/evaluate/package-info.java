/** How pictures of a quantized model compare with those of the float one. May use core only. */
package org.mixdq4j.ptq.evaluate;
