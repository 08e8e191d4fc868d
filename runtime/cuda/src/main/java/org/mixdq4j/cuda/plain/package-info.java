/**
 * Kernels for whatever there is, of any size, type and layout: every Linear and convolution that faster ones leave, moves, stored
 * parameters, ops without a step of their own. May use {@code cuda.bind}, {@code cuda.device}, {@code cuda.finish}, {@code
 * cuda.weights}.
 */
package org.mixdq4j.cuda.plain;
