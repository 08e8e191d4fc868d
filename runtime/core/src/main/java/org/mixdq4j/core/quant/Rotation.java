package org.mixdq4j.core.quant;

import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Rotation of what a Linear reads, which spreads a large feature over its neighbours (ConvRot, arXiv 2512.03673). Runs of G
 * features, G a power of 4, are multiplied from the right by {@code R = H_G / sqrt(G)} with the regular Hadamard matrix
 *
 * <pre>
 *       |  1  1  1 -1 |
 * H_4 = |  1  1 -1  1 |      H_4n = H_n (x) H_4
 *       |  1 -1  1  1 |
 *       | -1  1  1  1 |
 * </pre>
 *
 * R is symmetric and its own inverse: with weights that were multiplied by it, {@code (x R) (W R)' = x W'}.
 *
 * <p>It is computed in stages, of the strides 1, 4, 16, ... G / 4 in this order. A stage replaces every four features that
 * lie its stride apart, all in float32 and each sum rounded:
 *
 * <pre>
 * a, b, c, d = (a + b) + (c - d), (a + b) - (c - d), (a - b) + (c + d), (c + d) - (a - b)
 * </pre>
 *
 * After the last stage all is multiplied by {@code 1 / sqrt(G)}, a power of two. Every executor must give exactly these
 * numbers, since integers are made of them.
 */
public final class Rotation {
    /** In place of a size: features are read as they are. */
    public static final int NONE = 0;

    /** Sizes that are chosen among; others are read. */
    public static final List<Integer> SIZES = List.of(16, 64, 256);

    private static final int LARGEST = 4096;

    private Rotation() {}

    /** Whether runs can have this many features: a power of 4 from 4 to 4096. */
    public static boolean isSize(int size) {
        return size >= 4
                && size <= LARGEST
                && Integer.bitCount(size) == 1
                && Integer.numberOfTrailingZeros(size) % 2 == 0;
    }

    /** Whether no run of this size reaches over one of the edges, from 0 to the number of features; always for {@link #NONE}. */
    public static boolean fits(List<Integer> edges, int size) {
        return size == NONE || edges.stream().allMatch(edge -> edge % size == 0);
    }

    /** Whether no run reaches over the bounds of a segment. */
    public static boolean fitsSegments(List<Segment> segments, int size) {
        return size == NONE
                || segments.stream().allMatch(segment -> segment.from() % size == 0 && segment.to() % size == 0);
    }

    /** What rotated features are multiplied by at last: {@code 1 / sqrt(size)}. */
    public static float scale(int size) {
        return 1f / (1 << Integer.numberOfTrailingZeros(size) / 2);
    }

    /** Rotates {@code x[from..to)} in place. @param size divides their number; {@link #NONE} leaves them as they are */
    public static void apply(float[] x, int from, int to, int size) {
        if (size == NONE) {
            return;
        }
        if ((to - from) % size != 0) {
            throw new IllegalArgumentException((to - from) + " features are no whole runs of " + size);
        }
        for (int stride = 1; stride < size; stride *= 4) {
            for (int block = from; block < to; block += 4 * stride) {
                for (int i = block; i < block + stride; i++) {
                    float a = x[i];
                    float b = x[i + stride];
                    float c = x[i + 2 * stride];
                    float d = x[i + 3 * stride];
                    float sum = a + b;
                    float minus = a - b;
                    float plus = c + d;
                    float difference = c - d;
                    x[i] = sum + difference;
                    x[i + stride] = sum - difference;
                    x[i + 2 * stride] = minus + plus;
                    x[i + 3 * stride] = plus - minus;
                }
            }
        }
        float scale = scale(size);
        for (int i = from; i < to; i++) {
            x[i] *= scale;
        }
    }

    /** Weights [outputs, inputs] as they are multiplied with rotated inputs, F32; the tensor itself for {@link #NONE}. */
    public static Tensor ofWeights(Tensor weight, int size) {
        if (size == NONE) {
            return weight;
        }
        Tensor out = Tensor.zeros(DType.F32, weight.shape());
        int width = weight.shape().dim(1);
        IntStream.range(0, weight.shape().dim(0)).parallel().forEach(output -> {
            float[] row = weight.slice(output, output + 1).toFloatArray();
            apply(row, 0, width, size);
            out.floats().put(output * width, row);
        });
        return out;
    }
}
