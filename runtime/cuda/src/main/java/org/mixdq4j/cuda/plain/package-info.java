/**
 * A kernel for every Linear and convolution, of whatever size, types and layout: what faster ones leave. May use
 * {@code cuda.bind}, {@code cuda.device}, {@code cuda.finish}, {@code cuda.weights}.
 */
package org.mixdq4j.cuda.plain;
