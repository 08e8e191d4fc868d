/** What a scheme means for each layer of a graph. May use core and ptq.scheme. */
package org.mixdq4j.ptq.quantize;
