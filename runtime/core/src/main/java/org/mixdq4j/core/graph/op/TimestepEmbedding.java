package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/**
 * Sinusoids of a number: [N] to [N, features]. With half = features / 2, frequency i is
 * {@code exp(-ln(maxPeriod) * i / (half - freqShift))}; sines come first unless {@code flipSinToCos}. An odd last
 * feature is zero. As diffusers' {@code get_timestep_embedding}.
 */
public record TimestepEmbedding(int features, boolean flipSinToCos, double freqShift, double maxPeriod) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shape x = Shapes.only(this, in);
        Shapes.check(x.rank() == 1, "TimestepEmbedding expects [N], got %s", x);
        return Shape.of(x.dim(0), features);
    }
}
