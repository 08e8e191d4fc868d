package org.mixdq4j.cpu.quant;

import ai.djl.ndarray.NDArray;
import org.mixdq4j.core.quant.AffineParams;

/** {@link AffineParams#quantize} and {@link AffineParams#dequantize} on whole arrays, equal to the last bit. */
final class FakeQuantizer {
    private FakeQuantizer() {}

    /** A new array: {@code x} rounded to its integer grid and back. Each step is one float32 operation, never fused. */
    static NDArray roundTrip(NDArray x, AffineParams params) {
        float zeroPoint = params.zeroPoint();
        try (NDArray levels = x.mul(params.inverseScale()).addi(zeroPoint);
                NDArray rounded = levels.round()) {
            return rounded.clip(0f, (float) params.maxLevel()).subi(zeroPoint).muli(params.scale());
        }
    }
}
