/** The sensitivity stage. May use core and the other packages of sensitivity. */
package org.mixdq4j.sensitivity.run;
