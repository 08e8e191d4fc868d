package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.torch.array.TensorBridge;

/** Brings the learned tensors of one checkpoint into FP32 arrays and refuses damaged or foreign ones. */
public final class ParameterLoader {
    private final String graph;
    private final WeightSource weights;
    private final ParameterStore store;
    private final boolean holds;

    /**
     * @param graph name of the network, for messages
     * @param store holds what is loaded
     */
    public ParameterLoader(String graph, WeightSource weights, ParameterStore store) {
        this(graph, weights, store, true);
    }

    private ParameterLoader(String graph, WeightSource weights, ParameterStore store, boolean holds) {
        this.graph = graph;
        this.weights = weights;
        this.store = store;
        this.holds = holds;
    }

    /** One that leaves what it loads to the kernels' managers, but takes what is held already. */
    public ParameterLoader passing() {
        return new ParameterLoader(graph, weights, store, false);
    }

    /**
     * @param manager owns the array if the store does not
     * @return not to be closed or changed
     * @throws MixdqException if the tensor is missing, of another shape, not floating point, or not finite
     */
    NDArray load(Node node, ParameterSpec spec, NDManager manager) {
        String name = node.parameterName(spec);
        Optional<NDArray> held = store.get(name);
        if (held.isPresent()) {
            requireShape(name, TensorBridge.view(held.get()).shape(), spec);
            return held.get();
        }
        Tensor tensor = weights.tensor(name);
        requireShape(name, tensor.shape(), spec);
        return holds ? store.hold(name, own -> finite(name, tensor, own)) : finite(name, tensor, manager);
    }

    private void requireShape(String name, Shape found, ParameterSpec spec) {
        if (!found.equals(spec.shape())) {
            throw new MixdqException("The weight '" + name + "' has shape " + found + ", but " + graph + " needs "
                    + spec.shape() + ": config.json and weights are of different models, get both from one"
                    + " checkpoint.");
        }
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
