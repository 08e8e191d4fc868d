package org.mixdq4j.cpu.layerwise;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.onednn.Int8Conv2d;
import org.mixdq4j.cpu.onednn.Int8Layer;
import org.mixdq4j.cpu.onednn.Int8Linear;
import org.mixdq4j.cpu.onednn.QuantizedActivation;
import org.mixdq4j.cpu.onednn.SharedActivation;
import org.mixdq4j.cpu.onednn.Workspace;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.simulate.IntegerBodies;
import org.mixdq4j.torch.simulate.LayerBody;
import org.mixdq4j.torch.simulate.SegmentWeight;

/**
 * The layers of one model in integers, by oneDNN on PyTorch's memory. They run one after the other and so share one
 * workspace, which lives as long as the model.
 */
final class OneDnnBodies implements IntegerBodies {
    /** What layers have in common that can share their integers. */
    private record Source(String value, Shape shape, List<QuantizedActivation.Part> parts) {}

    private final Consumer<String> slow;
    private final Workspace workspace = new Workspace();
    private final Map<Source, SharedActivation> sources = new HashMap<>();
    private SharedActivation latest;

    /** @param slow told of layers without a fast kernel, by id */
    OneDnnBodies(Consumer<String> slow) {
        this.slow = slow;
    }

    /** Made in the order in which the layers run. */
    @Override
    public LayerBody create(Node node, QuantizedLayer layer, Shape input) {
        float[] bias = layer.bias().map(Tensor::toFloatArray).orElse(null);
        Int8Layer kernel = kernel(node, layer, bias, input);
        if (kernel.reference()) {
            slow.accept("'" + node.id() + "' (" + kernel.implementation() + ")");
        }
        // A convolution knows its output's extents; a product of rows has lost the input's leading axes.
        Shape output = kernel instanceof Int8Linear
                ? input.with(node.layer().inputAxis(), node.layer().outputs())
                : kernel.outputShape();
        return new Body(kernel, source(node.inputs().get(0), kernel), TensorBridge.shape(output));
    }

    @Override
    public SegmentWeight weight(Segment segment, NDManager manager) {
        return PackedWeight.of(segment, manager);
    }

    @Override
    public void close() {
        sources.values().forEach(SharedActivation::close);
        sources.clear();
        workspace.close();
    }

    private SharedActivation source(String value, Int8Layer kernel) {
        SharedActivation source = sources.get(key(value, kernel));
        if (source == null) {
            source = new SharedActivation(kernel.inputShape(), kernel.parts(), workspace);
            sources.put(key(value, kernel), source);
        } else if (source != latest) {
            source.keepBetweenLayers();
        }
        latest = source;
        return source;
    }

    private static Source key(String value, Int8Layer kernel) {
        return new Source(value, kernel.inputShape(), kernel.parts());
    }

    private Int8Layer kernel(Node node, QuantizedLayer layer, float[] bias, Shape input) {
        if (node.op() instanceof Conv2d conv) {
            return new Int8Conv2d(conv, layer.segments(), bias, input, workspace);
        }
        Linear linear = (Linear) node.op();
        int rows = Math.toIntExact(input.elements() / linear.inputs());
        return new Int8Linear(
                linear, layer.segments(), layer.inputMultiplier(), layer.rotation(), bias, rows, workspace);
    }

    private record Body(Int8Layer kernel, SharedActivation source, ai.djl.ndarray.types.Shape output)
            implements LayerBody {
        @Override
        public NDArray run(NDArray input, NDManager scratch) {
            NDArray out = scratch.create(output);
            kernel.run(source.of(input, () -> input.toByteBuffer(true)), out.toByteBuffer(true));
            return out;
        }

        @Override
        public long weightBytes() {
            return kernel.weightBytes();
        }

        @Override
        public void close() {
            kernel.close();
        }
    }
}
