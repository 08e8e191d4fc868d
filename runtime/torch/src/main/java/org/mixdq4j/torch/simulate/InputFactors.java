package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.torch.array.TensorBridge;

/** What a layer multiplies its input channels, the last axis, by before anything else; nothing for most layers. */
final class InputFactors {
    private final NDArray factors;

    /** @param manager owns the factors */
    InputFactors(QuantizedLayer layer, NDManager manager) {
        factors = layer.inputMultiplier()
                .map(values -> TensorBridge.owned(manager.create(values)))
                .orElse(null);
    }

    /** The input as the layer reads it, under a handle that may be closed. */
    NDArray apply(NDArray x) {
        return factors == null ? x.reshape(x.getShape()) : x.mul(factors);
    }
}
