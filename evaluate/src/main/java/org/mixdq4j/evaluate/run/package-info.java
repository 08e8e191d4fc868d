/** The evaluate stage: request, drawing, judging, result files. May use core and the other packages of evaluate. */
package org.mixdq4j.evaluate.run;
