package org.mixdq4j.cpu.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cpu.array.TensorBridge;

/** Brings the learned tensors of one checkpoint into FP32 arrays and refuses damaged or foreign ones. */
public final class ParameterLoader {
    private final String graph;
    private final WeightSource weights;

    /** @param graph name of the network, for messages */
    public ParameterLoader(String graph, WeightSource weights) {
        this.graph = graph;
        this.weights = weights;
    }

    /** @throws MixdqException if the tensor is missing, of another shape, not floating point, or not finite */
    NDArray load(Node node, ParameterSpec spec, NDManager manager) {
        String name = node.parameterName(spec);
        Tensor tensor = weights.tensor(name);
        if (!tensor.shape().equals(spec.shape())) {
            throw new MixdqException("The weight '" + name + "' has shape " + tensor.shape() + ", but " + graph
                    + " needs " + spec.shape() + ": config.json and weights are of different models, get both from one"
                    + " checkpoint.");
        }
        return finite(name, tensor, manager);
    }

    /**
     * A floating point tensor as FP32.
     *
     * @param name for messages
     * @throws MixdqException if it is not floating point or holds NaN or infinity
     */
    public static NDArray finite(String name, Tensor tensor, NDManager manager) {
        if (!tensor.dtype().isFloat()) {
            throw new MixdqException(
                    "The weight '" + name + "' is of type " + tensor.dtype()
                            + ", but a floating point one is needed: give the float checkpoint, or the plan it was quantized with.");
        }
        NDArray array = TensorBridge.toF32(tensor, manager);
        if (tensor.shape().elements() > 0 && !isFinite(array)) {
            array.close();
            throw new MixdqException("The weight '" + name + "' holds NaN or infinity; the file is damaged or the"
                    + " checkpoint was saved from a diverged run: get it again.");
        }
        return array;
    }

    /** Extremes of an array with a NaN are NaN, so the two of them tell all. */
    private static boolean isFinite(NDArray array) {
        try (NDArray max = array.max();
                NDArray min = array.min()) {
            return Float.isFinite(max.getFloat()) && Float.isFinite(min.getFloat());
        }
    }
}
