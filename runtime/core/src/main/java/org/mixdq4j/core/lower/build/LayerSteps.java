package org.mixdq4j.core.lower.build;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Layers as products, and before them what quantizes their inputs: once for all that read the same numbers alike. */
final class LayerSteps {
    private static final int TOKENS = 1;
    private static final int TOKENS_RANK = 3;

    private record Source(Value value, long offset, long rows, int columns, long rowStride, Quantizer quantizer) {}

    private final Storage storage;
    private final Function<String, Optional<LayerForm>> forms;
    private final Map<Source, Output.Levels> quantized = new HashMap<>();

    LayerSteps(Storage storage, Function<String, Optional<LayerForm>> forms) {
        this.storage = storage;
        this.forms = forms;
    }

    /** @param in in the graph's layout @return likewise */
    View add(Node node, View in) {
        List<Integer> order = node.op() instanceof Conv2d
                ? Storage.channelsLast(in.shape().rank())
                : Storage.asIs(in.shape().rank());
        View x = storage.matrix(in.transpose(order));
        View out = View.of(storage.value(node.id(), Storage.permuted(node.shape(), order), DType.F32));
        Optional<LayerForm> form = forms.apply(node.id());
        boolean oneToken = form.isPresent() && form.get().bos() && in.shape().dim(TOKENS) == 1;
        boolean integer = form.isPresent() && form.get().integer() && !oneToken;
        if (form.isPresent() && !integer && !oneToken && !form.get().readsFloats()) {
            throw new MixdqException(
                    "The layer '" + node.id() + "' has a quantized input and a weight in float, expected"
                            + " integers for both or the weight alone: simulate it, or quantize its weight too.");
        }
        List<Product.Operand> operands = integer ? levels(node.id(), form.get(), x) : List.of(new Product.Floats(x));
        Optional<View> first = integer && form.get().bos() ? Optional.of(firstRow(node, x)) : Optional.empty();
        storage.add(new Product(
                node.id(),
                List.of(node.id()),
                node.layer(),
                operands,
                first,
                List.of(),
                List.of(new Output.Floats(out))));
        return out.transposeBack(order);
    }

    private static View firstRow(Node node, View x) {
        if (x.shape().rank() != TOKENS_RANK) {
            throw new MixdqException(
                    "The layer '" + node.id() + "' leaves a token's row in float, but its input of shape " + x.shape()
                            + " has no token axis; the checkpoint is damaged or of another model.");
        }
        return x.slice(TOKENS, 0, 1);
    }

    private List<Product.Operand> levels(String id, LayerForm form, View x) {
        List<Product.Operand> operands = new ArrayList<>();
        for (LayerForm.Part part : form.segments()) {
            Optional<float[]> factors = form.factors().map(all -> Arrays.copyOfRange(all, part.from(), part.to()));
            Quantizer quantizer = new Quantizer(part.input().orElseThrow(), factors, form.rotation());
            Output.Levels levels = levels(id, x.slice(-1, part.from(), part.to()), quantizer);
            Shape shape = x.shape().with(-1, part.to() - part.from());
            operands.add(new Product.Levels(
                    levels.to().reshape(shape).orElseThrow(), levels.rowScales(), levels.quantizer()));
        }
        return operands;
    }

    private Output.Levels levels(String id, View x, Quantizer quantizer) {
        Source source = new Source(x.value(), x.offset(), x.rows(), x.columns(), x.rowStride(), quantizer);
        return quantized.computeIfAbsent(source, s -> {
            View to = View.of(storage.extra(x.value().id(), "levels", x.shape(), DType.U8));
            InputQuant params = quantizer.params();
            Optional<View> scales = params instanceof TokenParams
                    ? Optional.of(View.of(
                            storage.extra(x.value().id(), "scales", Shape.of(Math.toIntExact(x.rows())), DType.F32)))
                    : Optional.empty();
            Output.Levels levels = new Output.Levels(to, scales, quantizer, 0);
            storage.add(new Pointwise(id + ":input", List.of(x), List.of(), List.of(levels)));
            return levels;
        });
    }
}
