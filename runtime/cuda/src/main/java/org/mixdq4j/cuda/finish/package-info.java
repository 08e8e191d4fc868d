/**
 * What all kernels do with a result before it is written: epilogues and outputs, as macros and arguments ({@code finish.cuh})
 * and as plain Java for twins. May use {@code cuda.device} and {@code cuda.bind}.
 */
package org.mixdq4j.cuda.finish;
