package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.TokenParams;

/** {@link AffineParams} and {@link TokenParams} on whole arrays, equal to the last bit. */
final class FakeQuantizer {
    private FakeQuantizer() {}

    /** Integers as whole floats, less the zero point, and what they are to be multiplied by: one scale a row. */
    record Rows(NDArray levels, NDArray scales) implements AutoCloseable {
        @Override
        public void close() {
            levels.close();
            scales.close();
        }
    }

    /** A new array: {@code x} rounded to its integer grid and back. */
    static NDArray roundTrip(NDArray x, InputQuant params) {
        if (params instanceof TokenParams token) {
            Rows rows = rows(x, token);
            try (NDArray scales = rows.scales()) {
                return rows.levels().muli(scales);
            }
        }
        return levels(x, (AffineParams) params).muli(((AffineParams) params).scale());
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

    /** The same where each row, along the last axis, has a scale of its own. */
    static Rows rows(NDArray x, TokenParams params) {
        float[] scales;
        ai.djl.ndarray.types.Shape shape;
        try (NDArray magnitudes = x.abs();
                NDArray largest = magnitudes.max(new int[] {-1}, true)) {
            scales = largest.toFloatArray();
            shape = largest.getShape();
        }
        float[] inverse = new float[scales.length];
        for (int row = 0; row < scales.length; row++) {
            scales[row] = params.scale(scales[row]);
            inverse[row] = 1f / scales[row];
        }
        float zeroPoint = params.zeroPoint();
        try (NDArray factors = x.getManager().create(inverse, shape);
                NDArray scaled = x.mul(factors).addi(zeroPoint);
                NDArray rounded = scaled.round()) {
            NDArray levels = rounded.clip(0f, (float) params.maxLevel()).subi(zeroPoint);
            return new Rows(levels, x.getManager().create(scales, shape));
        }
    }
}
