package org.mixdq4j.core.exec;

/** How the quantized layers of a model are computed; layers in float are not concerned. */
public enum Execution {
    /** Integer products with 32-bit accumulators. */
    INT8,
    /** Inputs rounded to their integer grid and back, dequantized weights, float products: the slow reference. */
    SIMULATED
}
