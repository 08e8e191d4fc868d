package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.lower.weights.LayerCheck;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.torch.kernel.Kernel;

/** Chooses how a quantized layer is simulated. */
public final class QuantizedKernels {
    private QuantizedKernels() {}

    /**
     * A kernel for {@code node} in its quantized form.
     *
     * @param input shape of the node's input
     * @param manager owns the arrays of the kernel
     * @throws org.mixdq4j.core.error.MixdqException if the layer does not fit the node, or cannot be computed
     */
    public static Kernel create(Node node, QuantizedLayer layer, Shape input, NDManager manager) {
        LayerCheck.check(node, layer, input);
        LayerBody body = layer.bos() ? firstRow(node, layer, input, manager) : body(node, layer, input, manager);
        return operands -> body.run(operands.get(0), operands.scratch());
    }

    private static LayerBody body(Node node, QuantizedLayer layer, Shape input, NDManager manager) {
        return layer.integer()
                ? new LevelBody(node, layer, input.rank(), manager)
                : new SimulatedBody(new SegmentedProduct(node, layer, SegmentWeight::floats, input.rank(), manager));
    }

    private static LayerBody firstRow(Node node, QuantizedLayer layer, Shape input, NDManager manager) {
        SegmentedProduct row = new SegmentedProduct(node, layer, SegmentWeight::bytes, input.rank(), manager);
        return new FirstRowBody(row, input.dim(1) > 1 ? body(node, layer, input, manager) : null);
    }
}
