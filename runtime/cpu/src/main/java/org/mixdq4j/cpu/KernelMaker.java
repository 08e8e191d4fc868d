package org.mixdq4j.cpu;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.exec.Execution;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.kernel.Kernel;
import org.mixdq4j.cpu.kernel.KernelContext;
import org.mixdq4j.cpu.kernel.Kernels;
import org.mixdq4j.cpu.kernel.ParameterLoader;
import org.mixdq4j.cpu.quant.QuantizedKernels;

/** Makes the kernels of one graph's nodes, in float or quantized. */
record KernelMaker(Graph graph, ParameterLoader loader, QuantizedKernels quantizedKernels) {
    /**
     * @param quantized the node's quantized form; empty for float
     * @param manager owns the kernel's arrays
     */
    Kernel make(Node node, Optional<QuantizedLayer> quantized, Execution execution, NDManager manager) {
        List<Shape> inputs = node.inputs().stream().map(graph::shape).toList();
        return quantized
                .map(layer -> quantizedKernels.create(node, layer, inputs.get(0), execution, manager))
                .orElseGet(() -> Kernels.create(new KernelContext(node, inputs, loader, manager)));
    }
}
