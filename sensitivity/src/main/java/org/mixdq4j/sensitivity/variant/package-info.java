/** What is measured: one layer's weight or input in a number of bits. May use core only. */
package org.mixdq4j.sensitivity.variant;
