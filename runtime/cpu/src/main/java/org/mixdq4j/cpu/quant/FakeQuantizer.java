package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import org.mixdq4j.core.quant.AffineParams;

/** {@link AffineParams#quantize} and {@link AffineParams#dequantize} on whole arrays, equal to the last bit. */
final class FakeQuantizer {
    private FakeQuantizer() {}

    /** A new array: {@code x} rounded to its integer grid and back. */
    static NDArray roundTrip(NDArray x, AffineParams params) {
        return levels(x, params).muli(params.scale());
    }

    /**
     * A new array: the integers of {@code x} less the zero point, as whole floats. Each step is one float32 operation,
     * never fused.
     */
    static NDArray levels(NDArray x, AffineParams params) {
        float zeroPoint = params.zeroPoint();
        try (NDArray scaled = x.mul(params.inverseScale()).addi(zeroPoint);
                NDArray rounded = scaled.round()) {
            return rounded.clip(0f, (float) params.maxLevel()).subi(zeroPoint);
        }
    }
}
