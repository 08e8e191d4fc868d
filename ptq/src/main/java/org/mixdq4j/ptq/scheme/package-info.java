/** Quantization schemes and their YAML. May use core only. */
package org.mixdq4j.ptq.scheme;
