/** Multiple-choice knapsacks and their exact solution. May use core.error and OR-Tools, the only package that does. */
package org.mixdq4j.bitalloc.solve;
