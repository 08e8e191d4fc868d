/** Choosing the range of activations. May use core only. */
package org.mixdq4j.ptq.range;
