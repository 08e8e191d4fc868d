package org.mixdq4j.torch.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.tensor.Shape;

/**
 * What a kernel is made from.
 *
 * @param inputs shapes of the node's inputs
 * @param manager owns what lives as long as the kernel
 */
public record KernelContext(Node node, List<Shape> inputs, ParameterLoader loader, NDManager manager) {
    /** The node's parameter with this suffix, FP32; null if its op has none. */
    public NDArray parameter(String suffix) {
        for (ParameterSpec spec : node.op().parameters()) {
            if (spec.suffix().equals(suffix)) {
                return loader.load(node, spec, manager);
            }
        }
        return null;
    }
}
