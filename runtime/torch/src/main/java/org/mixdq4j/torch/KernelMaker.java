package org.mixdq4j.torch;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.torch.kernel.Kernel;
import org.mixdq4j.torch.kernel.KernelContext;
import org.mixdq4j.torch.kernel.Kernels;
import org.mixdq4j.torch.kernel.ParameterLoader;
import org.mixdq4j.torch.simulate.QuantizedKernels;

/** Makes the kernels of one graph's nodes, in float or quantized. */
record KernelMaker(Graph graph, ParameterLoader loader) {
    /** @param manager owns the kernel's arrays, save parameters that are held for others, too */
    Kernel inFloat(Node node, NDManager manager) {
        List<Shape> inputs = node.inputs().stream().map(graph::shape).toList();
        return Kernels.create(new KernelContext(node, inputs, loader, manager));
    }

    /** @param layer the node's quantized form. @param manager owns the kernel's arrays */
    Kernel make(Node node, QuantizedLayer layer, NDManager manager) {
        return QuantizedKernels.create(node, layer, graph.shape(node.inputs().get(0)), manager);
    }

    /** The same for kernels that are not kept. */
    KernelMaker passing() {
        return new KernelMaker(graph, loader.passing());
    }
}
