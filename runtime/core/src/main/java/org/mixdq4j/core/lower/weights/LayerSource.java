package org.mixdq4j.core.lower.weights;

import java.util.Optional;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Tensor;

/** Where weights come from. Each call may read a file: what is made of the answer is kept, the answer is not. */
public interface LayerSource {
    /** The layer's quantized form; empty for one in float. */
    Optional<QuantizedLayer> quantized(String id);

    /** Outputs of a layer in float, without reading its weight. */
    int outputs(String id);

    /** [outputs, inputs, ...] of a layer in float, finite, of the type it is stored in. */
    Tensor weight(String id);

    /** [outputs] of a layer in float, F32; empty if it has none. */
    Optional<Tensor> bias(String id);
}
