package org.mixdq4j.core.quantize.balance;

import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.Shape;

/** Some of the vectors that Linears read from one value: evenly spaced rows of it, not the same in each call. */
final class InputVectors {
    /** The golden ratio's fraction: its multiples, modulo 1, fill the unit interval evenly. */
    private static final double GOLDEN = 0.6180339887498949;

    private final float[][] vectors;
    private final int perCall;
    private final boolean withoutFirstToken;
    private int count;
    private int calls;

    /**
     * Room for {@code perCall} vectors of each of {@code calls} values.
     *
     * @param withoutFirstToken whether the first row of each sequence is none of them
     */
    InputVectors(int width, int calls, int perCall, boolean withoutFirstToken) {
        this.vectors = new float[calls * perCall][width];
        this.perCall = perCall;
        this.withoutFirstToken = withoutFirstToken;
    }

    /** Takes vectors from a value [..., width]. */
    void take(float[] values, Shape shape) {
        int width = shape.dim(-1);
        int rows = values.length / width;
        int tokens = withoutFirstToken ? shape.dim(-2) : rows;
        int skipped = withoutFirstToken ? 1 : 0;
        int total = rows / tokens * (tokens - skipped);
        double offset = calls++ * GOLDEN % 1;
        for (int i = 0; i < Math.min(perCall, total); i++) {
            int index = (int) ((i + offset) * total / Math.min(perCall, total));
            int row = index / (tokens - skipped) * tokens + skipped + index % (tokens - skipped);
            System.arraycopy(values, row * width, vectors[count++], 0, width);
        }
    }

    int count() {
        return count;
    }

    /** The vectors by channel, [width][count]. */
    float[][] byChannel() {
        return transposed(vectors, count);
    }

    /** As a layer reads them, by channel. @param how its only segment rounds them, or null */
    float[][] quantized(QuantizedLayer layer, InputQuant how) {
        float[][] read = new float[count][];
        for (int v = 0; v < count; v++) {
            read[v] = layer.read(vectors[v]);
            round(read[v], how);
        }
        return transposed(read, count);
    }

    private static void round(float[] vector, InputQuant how) {
        if (how instanceof TokenParams token) {
            float scale = token.scale(TokenParams.largest(vector, 0, vector.length));
            for (int c = 0; c < vector.length; c++) {
                vector[c] = (token.quantize(vector[c], scale) - token.zeroPoint()) * scale;
            }
        } else if (how instanceof AffineParams params) {
            for (int c = 0; c < vector.length; c++) {
                vector[c] = params.dequantize(params.quantize(vector[c]));
            }
        }
    }

    private static float[][] transposed(float[][] rows, int count) {
        float[][] columns = new float[rows.length == 0 ? 0 : rows[0].length][count];
        for (int v = 0; v < count; v++) {
            for (int c = 0; c < columns.length; c++) {
                columns[c][v] = rows[v][c];
            }
        }
        return columns;
    }
}
