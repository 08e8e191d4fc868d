/** What each layer costs when it alone is quantized. May use core only. */
package org.mixdq4j.sensitivity;
