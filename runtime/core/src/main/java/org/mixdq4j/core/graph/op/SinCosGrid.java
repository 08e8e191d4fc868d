package org.mixdq4j.core.graph.op;

import java.nio.FloatBuffer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Sinusoids of the positions of a square grid, [1, side*side, features], cells row by row. The first half of a cell's
 * features tells its column, the second its row; of n features for a coordinate p the first n/2 are sines, the others
 * cosines of {@code p / 10000^(2i/n)}. Cell k of a row or column lies at {@code k / spacing}. As diffusers'
 * {@code get_2d_sincos_pos_embed}.
 */
public record SinCosGrid(int side, int features, double spacing) {
    private static final double MAX_PERIOD = 10_000;

    public SinCosGrid {
        if (features % 4 != 0) {
            throw new IllegalArgumentException(
                    "sines and cosines of two coordinates cannot fill " + features + " features, no multiple of 4");
        }
    }

    public Shape shape() {
        return Shape.of(1, side * side, features);
    }

    /** The values, F32. */
    public Tensor values() {
        float[][] coordinates = new float[side][];
        for (int k = 0; k < side; k++) {
            coordinates[k] = coordinate((float) k / (float) spacing);
        }
        Tensor tensor = Tensor.zeros(DType.F32, shape());
        FloatBuffer out = tensor.floats();
        for (int row = 0; row < side; row++) {
            for (int column = 0; column < side; column++) {
                out.put(coordinates[column]).put(coordinates[row]);
            }
        }
        return tensor;
    }

    private float[] coordinate(float position) {
        int count = features / 4;
        float[] waves = new float[2 * count];
        for (int i = 0; i < count; i++) {
            double angle = position / Math.pow(MAX_PERIOD, (double) i / count);
            waves[i] = (float) Math.sin(angle);
            waves[count + i] = (float) Math.cos(angle);
        }
        return waves;
    }
}
