/**
 * Group norms: statistics of groups, then a pass over rows. May use {@code cuda.pointwise}, {@code cuda.bind}, {@code cuda.device} and
 * {@code cuda.finish}.
 */
package org.mixdq4j.cuda.norm;
