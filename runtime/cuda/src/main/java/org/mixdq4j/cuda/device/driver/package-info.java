/**
 * A GPU through NVIDIA's driver, and NVRTC, which compiles for it. Native libraries are loaded when {@code CudaLibraries.load} is
 * called and not before. May use {@code cuda.device} and {@code cuda.device.compile}.
 */
package org.mixdq4j.cuda.device.driver;
