/** Quantization schemes and their YAML. May use core and ptq.range. */
package org.mixdq4j.ptq.scheme;
