package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Views;

/**
 * What a layer does to its input's channels, the last axis, before anything else: it multiplies them by factors, then rotates
 * them, to the bit as {@link Rotation} says. Nothing for most layers.
 */
final class InputTransform {
    private static final int QUADRUPLE = 4;

    private final NDArray factors;
    private final int rotation;

    /** @param manager owns the factors */
    InputTransform(QuantizedLayer layer, NDManager manager) {
        factors = layer.inputMultiplier()
                .map(values -> TensorBridge.owned(manager.create(values)))
                .orElse(null);
        rotation = layer.rotation();
    }

    /** The input as the layer reads it, under a handle that may be closed. */
    NDArray apply(NDArray x) {
        NDArray multiplied = factors == null ? x.reshape(x.getShape()) : x.mul(factors);
        if (rotation == Rotation.NONE) {
            return multiplied;
        }
        try (multiplied) {
            return rotated(multiplied, rotation);
        }
    }

    private static NDArray rotated(NDArray x, int size) {
        try (NDManager scratch = x.getManager().newSubManager()) {
            NDArray stage = x.reshape(x.getShape());
            stage.attach(scratch);
            for (int stride = 1; stride < size; stride *= QUADRUPLE) {
                NDArray blocks = stage.reshape(-1, QUADRUPLE, stride);
                NDArray a = Views.slice(blocks, 1, 0, 1);
                NDArray b = Views.slice(blocks, 1, 1, 2);
                NDArray c = Views.slice(blocks, 1, 2, 3);
                NDArray d = Views.slice(blocks, 1, 3, 4);
                NDArray sum = a.add(b);
                NDArray minus = a.sub(b);
                NDArray plus = c.add(d);
                NDArray difference = c.sub(d);
                stage = NDArrays.concat(
                        new NDList(sum.add(difference), sum.sub(difference), minus.add(plus), plus.sub(minus)), 1);
            }
            NDArray rotated = stage.mul(Rotation.scale(size)).reshape(x.getShape());
            rotated.attach(x.getManager());
            return rotated;
        }
    }
}
