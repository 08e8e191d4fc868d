package org.mixdq4j.cpu.vector;

import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.cpu.session.Arena;

/** Outputs as stages: what is in the main scratch is written, and stays there. */
record Sinks(RowShape shape, Arena arena, Loops loops) {
    Stage stage(Output output) {
        Rows rows = new Rows(output.to(), arena);
        if (rows.count != shape.rows() || output.from() + rows.columns > shape.columns()) {
            throw new IllegalArgumentException("an output " + output + " of " + shape);
        }
        if (output instanceof Output.Levels levels) {
            return levels(levels, rows.requireWritable(true));
        }
        return floats(rows.requireWritable(false), output.from());
    }

    private Stage floats(Rows to, int from) {
        int stride = shape.stride();
        return (scratch, first, rows) -> to.write(first, rows, scratch.main, from, stride, scratch, loops);
    }

    private Stage levels(Output.Levels output, Rows to) {
        InputQuant params = output.quantizer().params();
        Transform transform = new Transform(
                output.quantizer().factors().map(Scratch::padded).orElse(null),
                output.quantizer().rotation());
        if (params instanceof TokenParams token) {
            View scales = output.rowScales()
                    .orElseThrow(() -> new IllegalArgumentException("no place for the scales of rows: " + output));
            return byRow(to, output.from(), token, transform, new RowScales(scales, shape.rows(), arena));
        }
        AffineParams fixed = (AffineParams) params;
        if (output.quantizer().readsAsIs() && output.from() == 0 && to.columns == shape.columns()) {
            return whole(to, fixed);
        }
        return columns(to, output.from(), fixed, transform);
    }

    /** What is done to columns before they are quantized. @param factors or null */
    private record Transform(float[] factors, int rotation) {
        boolean isNone() {
            return factors == null && rotation == Rotation.NONE;
        }

        /** Into the second scratch, from its start. */
        void run(Scratch scratch, int at, int width, Loops loops) {
            float[] x = scratch.main;
            int from = at;
            if (factors != null) {
                loops.multiply(x, from, width, factors, 0, scratch.second, 0);
                x = scratch.second;
                from = 0;
            }
            if (rotation != Rotation.NONE) {
                loops.rotate(x, from, width, rotation, scratch.second, 0);
            }
        }
    }

    private Stage whole(Rows to, AffineParams params) {
        int stride = shape.stride();
        float inverse = params.inverseScale();
        int zeroPoint = params.zeroPoint();
        int top = params.maxLevel();
        return (scratch, first, rows) -> {
            loops.levels(scratch.main, 0, rows * stride, inverse, zeroPoint, top, scratch.bytes, 0);
            to.write(first, rows, scratch.bytes, stride);
        };
    }

    private Stage columns(Rows to, int from, AffineParams params, Transform transform) {
        int stride = shape.stride();
        int width = to.columns;
        int outStride = Scratch.padded(width);
        float inverse = params.inverseScale();
        int zeroPoint = params.zeroPoint();
        int top = params.maxLevel();
        return (scratch, first, rows) -> {
            for (int r = 0; r < rows; r++) {
                float[] x = scratch.main;
                int at = r * stride + from;
                if (!transform.isNone()) {
                    transform.run(scratch, at, width, loops);
                    x = scratch.second;
                    at = 0;
                }
                loops.levels(x, at, width, inverse, zeroPoint, top, scratch.bytes, r * outStride);
            }
            to.write(first, rows, scratch.bytes, outStride);
        };
    }

    private Stage byRow(Rows to, int from, TokenParams params, Transform transform, RowScales scales) {
        int stride = shape.stride();
        int width = to.columns;
        int outStride = Scratch.padded(width);
        int zeroPoint = params.zeroPoint();
        int top = params.maxLevel();
        return (scratch, first, rows) -> {
            for (int r = 0; r < rows; r++) {
                float[] x = scratch.main;
                int at = r * stride + from;
                if (!transform.isNone()) {
                    transform.run(scratch, at, width, loops);
                    x = scratch.second;
                    at = 0;
                }
                float scale = params.scale(loops.largest(x, at, width));
                scales.put(first + r, scale);
                loops.levels(x, at, width, 1f / scale, zeroPoint, top, scratch.bytes, r * outStride);
            }
            to.write(first, rows, scratch.bytes, outStride);
        };
    }
}
