/**
 * Convolutions on tensor cores: {@code conv_wgmma.cu} (sm_90a, bytes) and {@code conv_mma.cu} (sm_80 and later, bytes and halves),
 * which tile each takes, and their twin. May use {@code cuda.bind}, {@code cuda.device}, {@code cuda.finish}, {@code cuda.weights}.
 */
package org.mixdq4j.cuda.conv;
