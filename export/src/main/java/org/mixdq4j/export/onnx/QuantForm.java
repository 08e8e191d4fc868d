package org.mixdq4j.export.onnx;

/** How quantized layers stand in an ONNX file. */
public enum QuantForm {
    /**
     * QuantizeLinear and DequantizeLinear around float products, with the checkpoint's own integers; runtimes fuse them into
     * integer products. Inputs quantized token by token have no such form and are written as by {@link #INTEGER}.
     */
    QDQ,
    /** MatMulInteger and ConvInteger: integer products as the standard has them, for ONNX Runtime on CPUs. */
    INTEGER,
    /**
     * As {@link #QDQ}, but as TensorRT reads it: inputs are signed and symmetric, so that a range gets the width of its larger
     * side twice, and inputs quantized token by token stay in float, for it has no ranges found at run time. This changes
     * numbers.
     */
    TENSORRT
}
