/**
 * The weights of a program's layers as they are stored, for those who pack them: checked when they are read, layers that are
 * one product side by side. May use {@code core.quant}, {@code core.graph}, {@code core.tensor} and {@code core.lower}.
 */
package org.mixdq4j.core.lower.weights;
