/**
 * Reading and writing safetensors files and checkpoints made of them. May use {@code core.tensor}, {@code core.io} and
 * {@code core.error}.
 */
package org.mixdq4j.core.safetensors;
