package org.mixdq4j.export.onnx;

/** How quantized layers stand in an ONNX file. */
public enum QuantForm {
    /**
     * QuantizeLinear and DequantizeLinear before float products, which runtimes fuse into integer ones: what TensorRT
     * expects. Inputs quantized token by token have no such form and are written as by {@link #INTEGER}.
     */
    QDQ,
    /** MatMulInteger and ConvInteger: integer products as the standard has them, for ONNX Runtime on CPUs. */
    INTEGER
}
