/** Measuring variants exactly: the network re-run from the changed layer on. May use core and sensitivity.variant. */
package org.mixdq4j.sensitivity.measure;
