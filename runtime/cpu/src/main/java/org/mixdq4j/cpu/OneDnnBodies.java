package org.mixdq4j.cpu;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.array.TensorBridge;
import org.mixdq4j.cpu.onednn.Int8Conv2d;
import org.mixdq4j.cpu.onednn.Int8Layer;
import org.mixdq4j.cpu.onednn.Int8Linear;
import org.mixdq4j.cpu.onednn.Workspace;
import org.mixdq4j.cpu.quant.IntegerBodies;
import org.mixdq4j.cpu.quant.LayerBody;

/**
 * The layers of one model in integers, by oneDNN on PyTorch's memory. They run one after the other and so share one
 * workspace, which lives as long as the model.
 */
final class OneDnnBodies implements IntegerBodies {
    private final Workspace workspace = new Workspace();

    @Override
    public LayerBody create(Node node, QuantizedLayer layer, Shape input) {
        float[] bias = layer.bias().map(Tensor::toFloatArray).orElse(null);
        return new Body(
                kernel(node, layer, bias, input),
                node.layer().inputAxis(),
                node.layer().outputs(),
                input);
    }

    @Override
    public void close() {
        workspace.close();
    }

    private Int8Layer kernel(Node node, QuantizedLayer layer, float[] bias, Shape input) {
        if (node.op() instanceof Conv2d conv) {
            return new Int8Conv2d(conv, layer.segments(), bias, input, workspace);
        }
        Linear linear = (Linear) node.op();
        int rows = Math.toIntExact(input.elements() / linear.inputs());
        return new Int8Linear(linear, layer.segments(), bias, rows, workspace);
    }

    private record Body(Int8Layer kernel, ai.djl.ndarray.types.Shape output) implements LayerBody {
        Body(Int8Layer kernel, int inputAxis, int outputs, Shape input) {
            this(
                    kernel,
                    // A convolution knows its output's extents; a product of rows has lost the input's leading axes.
                    TensorBridge.shape(
                            kernel instanceof Int8Linear ? input.with(inputAxis, outputs) : kernel.outputShape()));
        }

        @Override
        public NDArray run(NDArray input, NDManager scratch) {
            NDArray out = scratch.create(output);
            kernel.run(input.toByteBuffer(true), out.toByteBuffer(true));
            return out;
        }

        @Override
        public void close() {
            kernel.close();
        }
    }
}
