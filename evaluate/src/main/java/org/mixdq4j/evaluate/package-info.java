/** How pictures of quantized models compare with those of the float one. May use core only. */
package org.mixdq4j.evaluate;
