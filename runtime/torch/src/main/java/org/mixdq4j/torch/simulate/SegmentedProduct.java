package org.mixdq4j.torch.simulate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.torch.array.Views;
import org.mixdq4j.torch.kernel.ParameterLoader;
import org.mixdq4j.torch.kernel.Product;

/** The sum of a layer's segments in float, plus the bias once; inputs rounded to their integer grids or left alone. */
final class SegmentedProduct {
    /** Without the segment itself, whose integers would stay in memory. */
    private record Part(int from, int to, Optional<InputQuant> activation, SegmentWeight weight) {}

    private final Product product;
    private final int inputAxis;
    private final List<Part> parts = new ArrayList<>();
    private final InputTransform transform;
    private final NDArray bias;

    /** @param holder how integer weights are held */
    SegmentedProduct(Node node, QuantizedLayer layer, SegmentWeight.Holder holder, int inputRank, NDManager manager) {
        this.product = Product.of(node.layer());
        int axis = node.layer().inputAxis();
        this.inputAxis = axis < 0 ? axis + inputRank : axis;
        this.transform = new InputTransform(layer, manager);
        for (Segment segment : layer.segments()) {
            SegmentWeight weight = SegmentWeight.of(node.id(), segment, holder, manager);
            parts.add(new Part(segment.from(), segment.to(), segment.activation(), weight));
        }
        this.bias = layer.bias()
                .map(tensor -> ParameterLoader.finite(node.id() + ".bias", tensor, manager))
                .orElse(null);
    }

    /** @param quantizeInput whether segments with activation parameters round their input */
    NDArray run(NDArray value, boolean quantizeInput, NDManager scratch) {
        try (NDArray x = transform.apply(value)) {
            return product(x, quantizeInput, scratch);
        }
    }

    private NDArray product(NDArray x, boolean quantizeInput, NDManager scratch) {
        NDArray sum = null;
        for (Part part : parts) {
            NDArray input = input(x, part, quantizeInput);
            NDArray term = product.apply(input, part.weight().floats(scratch), sum == null ? bias : null);
            input.close();
            sum = sum == null ? term : sum.addi(term);
            if (sum != term) {
                term.close();
            }
        }
        return sum;
    }

    /** The part's channels as its product reads them, under a handle that may be closed. */
    private NDArray input(NDArray x, Part part, boolean quantize) {
        boolean rounds = quantize && part.activation().isPresent();
        boolean all = part.to() - part.from() == x.getShape().get(inputAxis);
        if (all && !rounds) {
            return x.reshape(x.getShape());
        }
        try (NDArray channels = Views.slice(x, inputAxis, part.from(), part.to())) {
            return rounds ? FakeQuantizer.roundTrip(channels, part.activation().get()) : Views.dense(channels);
        }
    }
}
