/**
 * What is run once a GPU is at hand: kernels against their twins, small networks against plain Java, full-size ones against the
 * clock. May use {@code core}, {@code cuda}, {@code cli} and {@code bench.step}.
 */
package org.mixdq4j.bench.gpu;
