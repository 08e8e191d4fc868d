package org.mixdq4j.core.lower.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.lower.View;

/**
 * Linear layers or a convolution. Linears read [.., C] as rows, convolutions images [B, H, W, C]; results have the features
 * or channels last as well.
 *
 * <p>With integer inputs: {@code sum over segments of (q_a - zeroPoint) . q_w} scaled as {@link
 * org.mixdq4j.core.quant.IntegerLayers} says; with float inputs float products (of dequantized weights, where a layer has
 * integer weights but reads floats). Then the bias, if {@code op} has one, then {@code then} in order.
 *
 * @param layers ids of the graph's layers; several read the same input and their outputs lie one after the other
 * @param op with the outputs of all layers together, bias if one of them has one (those without add nothing)
 * @param inputs one a segment, in order; floats: views that are joined along the last axis
 * @param firstRow of layers whose first token stays in float: that token's row of the float input [B, 1, C], which is
 *     multiplied by dequantized weights; the row of the result that belongs to it is replaced, before {@code then}
 */
public record Product(
        String id,
        List<String> layers,
        Layer op,
        List<Operand> inputs,
        Optional<View> firstRow,
        List<Epilogue> then,
        List<Output> outputs)
        implements Step {
    public Product {
        layers = List.copyOf(layers);
        inputs = List.copyOf(inputs);
        then = List.copyOf(then);
        outputs = List.copyOf(outputs);
    }

    /** What is multiplied by the weights. */
    public sealed interface Operand {
        View from();
    }

    /** Floating point numbers. */
    public record Floats(View from) implements Operand {}

    /**
     * Unsigned bytes that {@code quantizer} made.
     *
     * @param rowScales one a row where rows were quantized by their own magnitude
     */
    public record Levels(View from, Optional<View> rowScales, Quantizer quantizer) implements Operand {}

    /** Whether integers are multiplied. */
    public boolean integer() {
        return inputs.get(0) instanceof Levels;
    }

    @Override
    public List<View> reads() {
        List<View> views = new ArrayList<>();
        for (Operand input : inputs) {
            views.add(input.from());
            if (input instanceof Levels levels) {
                levels.rowScales().ifPresent(views::add);
            }
        }
        firstRow.ifPresent(views::add);
        then.forEach(epilogue -> views.addAll(epilogue.reads()));
        return views;
    }

    @Override
    public List<View> writes() {
        return Outputs.views(outputs);
    }
}
