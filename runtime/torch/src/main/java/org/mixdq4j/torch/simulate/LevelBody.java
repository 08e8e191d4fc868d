package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Views;
import org.mixdq4j.torch.kernel.ParameterLoader;
import org.mixdq4j.torch.kernel.Product;

/**
 * An integer layer simulated as {@link IntegerLayers} defines it: float products of whole numbers, scaled afterwards.
 * Their sums are exact while they stay below 2^24, so this gives the bits integer kernels give. Products of dequantized
 * values would not: their last bits move inputs of the next layers across rounding boundaries, and within a dozen layers
 * two equally good results are as far apart as either is from the float one.
 */
final class LevelBody implements LayerBody {
    /** A segment with its weight as whole numbers in float and its output scales, shaped to broadcast. */
    private record Part(Segment segment, NDArray weight, NDArray scale) {}

    private final Product product;
    private final int inputAxis;
    private final List<Part> parts = new ArrayList<>();
    private final InputTransform transform;
    private final NDArray bias;

    /** @param layer one whose {@link QuantizedLayer#integer()} holds. @param manager owns all arrays held */
    LevelBody(Node node, QuantizedLayer layer, int inputRank, NDManager manager) {
        this.product = Product.of(node.layer());
        int axis = node.layer().inputAxis();
        this.inputAxis = axis < 0 ? axis + inputRank : axis;
        this.transform = new InputTransform(layer, manager);
        int outputs = node.layer().outputs();
        Shape perOutput = axis < 0 ? new Shape(outputs) : new Shape(1, outputs, 1, 1);
        for (Segment segment : layer.segments()) {
            float[] scales = IntegerLayers.outputScales(segment);
            NDArray integers = TensorBridge.copy(segment.weight(), manager);
            parts.add(new Part(segment, integers.toType(DataType.FLOAT32, true), manager.create(scales, perOutput)));
            integers.close();
        }
        this.bias = layer.bias()
                .map(tensor -> ParameterLoader.finite(node.id() + ".bias", tensor, manager)
                        .reshape(perOutput))
                .orElse(null);
    }

    @Override
    public NDArray run(NDArray input, NDManager scratch) {
        try (NDArray x = transform.apply(input)) {
            return run(x);
        }
    }

    private NDArray run(NDArray x) {
        NDArray sum = null;
        for (Part part : parts) {
            Segment segment = part.segment();
            NDArray term;
            try (NDArray channels = Views.slice(x, inputAxis, segment.from(), segment.to())) {
                term = term(channels, part);
            }
            if (sum == null) {
                sum = bias == null ? term : term.addi(bias);
            } else {
                sum.addi(term);
                term.close();
            }
        }
        return sum;
    }

    private NDArray term(NDArray channels, Part part) {
        if (part.segment().activation().orElseThrow() instanceof TokenParams token) {
            try (FakeQuantizer.Rows rows = FakeQuantizer.rows(channels, token)) {
                return product.apply(rows.levels(), part.weight(), null)
                        .muli(part.scale())
                        .muli(rows.scales());
            }
        }
        try (NDArray levels = FakeQuantizer.levels(channels, part.segment().fixed())) {
            return product.apply(levels, part.weight(), null).muli(part.scale());
        }
    }
}
