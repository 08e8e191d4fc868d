/**
 * Convolutions on tensor cores: {@code conv_wgmma.cu} (sm_90a) and {@code conv_mma.cu} (sm_80 and later), both of bytes and of halves,
 * which tile each takes, and their twin. May use {@code cuda.bind}, {@code cuda.device}, {@code cuda.finish}, {@code cuda.weights}.
 */
package org.mixdq4j.cuda.conv;
