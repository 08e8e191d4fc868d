package org.mixdq4j.export.onnx;

import java.util.List;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.TokenParams;

/** Inputs of quantized layers as integers. What several layers need is added once. */
final class InputNodes {
    private static final int FULL = 8;

    private static final int LARGEST_SIGNED = 127;

    private final OnnxGraph onnx;
    private final boolean signed;

    /** @param signed whether ranges are made symmetric and their integers signed, as TensorRT has them */
    InputNodes(OnnxGraph onnx, boolean signed) {
        this.onnx = onnx;
        this.signed = signed;
    }

    /** Integers of a value, u8, and what a row's are multiplied by at the end; null where that is the same for all. */
    record Levels(String integers, String rowScales) {}

    /**
     * Integers by one range. ONNX divides by the scale where {@link AffineParams} multiplies by its reciprocal: values that lie
     * halfway between two integers, but for the last bit, may go to the other.
     */
    String quantized(String x, AffineParams params) {
        String limited = x;
        if (params.bits() < FULL) {
            String lo = onnx.number("lowest", -params.zeroPoint() * params.scale());
            String hi = onnx.number("highest", (params.maxLevel() - params.zeroPoint()) * params.scale());
            limited = onnx.shared("Clip", x + "/limited", List.of(x, lo, hi));
        }
        return onnx.shared("QuantizeLinear", x + "/levels", List.of(limited, scale(params), zero(params)));
    }

    /** The width of a step. */
    String scale(AffineParams params) {
        int steps = Math.max(params.zeroPoint(), params.maxLevel() - params.zeroPoint());
        return onnx.number("input_scale", signed ? params.scale() * steps / LARGEST_SIGNED : params.scale());
    }

    /** The integer that stands for 0. */
    String zero(AffineParams params) {
        return signed
                ? onnx.constant("signed_zero", OnnxType.INT8, new long[0], new byte[1])
                : zeroPoint(params.zeroPoint());
    }

    /** The values those integers stand for. */
    String rounded(String x, AffineParams params) {
        List<String> reads = List.of(quantized(x, params), scale(params), zero(params));
        return onnx.shared("DequantizeLinear", x + "/rounded", reads);
    }

    /** A zero point of u8. */
    String zeroPoint(int level) {
        return onnx.constant("zero_point", OnnxType.UINT8, new long[0], new byte[] {(byte) level});
    }

    /**
     * Integers by a scale of each row's own, as {@link TokenParams} finds it. DynamicQuantizeLinear, which has one scale for all
     * rows, would be another quantizer.
     */
    Levels tokenLevels(String x, TokenParams params) {
        String scales = scales(x, params);
        return new Levels(
                onnx.shared(
                        "Cast",
                        x + "/token_levels",
                        List.of(limited(x, scales, params)),
                        Attribute.of("to", OnnxType.UINT8.number())),
                scales);
    }

    /** The values that integers by token stand for. */
    String tokens(String x, TokenParams params) {
        String scales = scales(x, params);
        String centred = onnx.shared(
                "Sub",
                x + "/token_steps",
                List.of(limited(x, scales, params), onnx.number("centre", params.zeroPoint())));
        return onnx.shared("Mul", x + "/token_rounded", List.of(centred, scales));
    }

    private String scales(String x, TokenParams params) {
        String sizes = onnx.shared("Abs", x + "/sizes", List.of(x));
        String largest = onnx.shared("ReduceMax", x + "/largest", List.of(sizes, onnx.ints("axis", -1)));
        String steps = onnx.number("steps", (1 << params.bits() - 1) - 1);
        String scales = onnx.shared("Div", x + "/token_scales", List.of(largest, steps));
        String least = onnx.number("least_scale", AffineParams.MIN_SCALE);
        return onnx.shared("Max", x + "/row_scales", List.of(scales, least));
    }

    private String limited(String x, String scales, TokenParams params) {
        String inverse = onnx.shared("Reciprocal", x + "/row_inverse", List.of(scales));
        String steps = onnx.shared("Mul", x + "/row_steps", List.of(x, inverse));
        String moved = onnx.shared("Add", x + "/row_moved", List.of(steps, onnx.number("centre", params.zeroPoint())));
        String rounded = onnx.shared("Round", x + "/row_rounded", List.of(moved));
        return onnx.shared(
                "Clip",
                x + "/row_limited",
                List.of(rounded, onnx.number("zero", 0), onnx.number("top", params.maxLevel())));
    }
}
