/**
 * How the steps of a program become launches: what a family of kernels is asked, and what it is given. May use
 * {@code cuda.device} and {@code core.lower}.
 */
package org.mixdq4j.cuda.bind;
