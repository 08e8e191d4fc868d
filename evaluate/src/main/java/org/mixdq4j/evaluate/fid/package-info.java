/** The Fréchet distance of two sets of pictures by their features. May use {@code evaluate.statistic}, core and EJML. */
package org.mixdq4j.evaluate.fid;
