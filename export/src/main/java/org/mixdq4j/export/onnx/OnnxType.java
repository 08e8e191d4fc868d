package org.mixdq4j.export.onnx;

import org.mixdq4j.core.tensor.DType;

/** Element types of ONNX tensors, with their numbers in TensorProto.DataType. */
enum OnnxType {
    FLOAT(1, 32),
    UINT8(2, 8),
    INT8(3, 8),
    INT32(6, 32),
    INT64(7, 64),
    /** Two an octet, the first in the low half. */
    INT4(22, 4);

    private final int number;
    private final int bits;

    OnnxType(int number, int bits) {
        this.number = number;
        this.bits = bits;
    }

    int number() {
        return number;
    }

    /** Bytes that {@code elements} take. */
    long bytes(long elements) {
        return (elements * bits + 7) / 8;
    }

    /** Of a graph's input: floating point or token ids. */
    static OnnxType of(DType type) {
        return type == DType.I64 ? INT64 : FLOAT;
    }
}
