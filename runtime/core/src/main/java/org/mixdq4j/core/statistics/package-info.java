/** Statistics of activations, and their file. May use core.tensor and core.safetensors. */
package org.mixdq4j.core.statistics;
