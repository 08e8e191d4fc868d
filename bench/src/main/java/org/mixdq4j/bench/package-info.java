/** Measurements at full size, on random weights: time and memory, no quality. May use every module. */
package org.mixdq4j.bench;
