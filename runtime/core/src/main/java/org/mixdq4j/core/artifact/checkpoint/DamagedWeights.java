package org.mixdq4j.core.artifact.checkpoint;

import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.safetensors.StoredWeights;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Looks through all numbers of weights for those that no network can compute with. */
public final class DamagedWeights {
    /** Elements that are looked at together. */
    private static final long PIECE = 1 << 24;

    private DamagedWeights() {}

    /** How many values are NaN or infinite; 0 for integers. */
    public static long count(Tensor tensor) {
        if (!tensor.dtype().isFloat()) {
            return 0;
        }
        long damaged = 0;
        for (float value : tensor.toFloatArray()) {
            damaged += Float.isFinite(value) ? 0 : 1;
        }
        return damaged;
    }

    /** The same for a tensor of any size, which is read in pieces. */
    public static long count(StoredWeights weights, String name) {
        Shape shape = weights.shape(name);
        if (shape.elements() <= PIECE || shape.dim(0) < 2) {
            return count(weights.tensor(name));
        }
        int rows = (int) Math.max(1, PIECE / (shape.elements() / shape.dim(0)));
        long damaged = 0;
        for (int row = 0; row < shape.dim(0); row += rows) {
            damaged += count(weights.tensor(name, row, Math.min(shape.dim(0), row + rows)));
        }
        return damaged;
    }

    /** @throws MixdqException naming the first tensor that holds NaN or infinity */
    public static void refuse(WeightSource weights) {
        for (String name : weights.names()) {
            if (count(weights.tensor(name)) > 0) {
                throw new MixdqException("The weight '" + name + "' holds NaN or infinity; the file is damaged or the"
                        + " checkpoint was saved from a diverged run: get it again.");
            }
        }
    }
}
