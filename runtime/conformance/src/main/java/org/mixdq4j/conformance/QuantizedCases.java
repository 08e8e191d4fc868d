package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Each form of a quantized layer, alone. */
final class QuantizedCases {
    private static final Bound FLOAT_INPUT = Bound.relative(1e-5);

    private final List<Case> cases = new ArrayList<>();

    static List<Case> all() {
        QuantizedCases made = new QuantizedCases();
        made.linears();
        made.convolutions();
        return made.cases;
    }

    private void linears() {
        List<QuantizedForms> forms = new ArrayList<>();
        for (int bits = 2; bits <= 8; bits++) {
            forms.add(QuantizedForms.plain(bits, 8));
            forms.add(QuantizedForms.plain(8, bits));
            forms.add(QuantizedForms.plain(bits, 0));
        }
        QuantizedForms w8 = QuantizedForms.plain(8, 8);
        QuantizedForms w4 = QuantizedForms.plain(4, 8);
        forms.add(w4.grouped(16));
        forms.add(QuantizedForms.plain(3, 8).grouped(20));
        forms.add(QuantizedForms.plain(4, 0).grouped(32));
        forms.add(QuantizedForms.plain(4, 0).grouped(32).balanced());
        forms.add(w8.cut(20));
        forms.add(w8.cut(1, 63));
        forms.add(w4.grouped(16).cut(32));
        forms.add(w8.byToken());
        forms.add(QuantizedForms.plain(4, 6).byToken());
        forms.add(w4.grouped(16).byToken());
        forms.add(w8.byToken().cut(32));
        forms.add(w8.byToken().balanced());
        forms.add(w8.balanced());
        forms.add(w8.firstRowInFloat());
        forms.add(w4.grouped(16).firstRowInFloat());
        forms.add(w8.cut(20).firstRowInFloat());
        forms.add(w8.byToken().firstRowInFloat());
        forms.add(w8.firstRowInFloat().balanced());
        for (QuantizedForms form : forms) {
            add(form, new Linear(80, 33, true), Values.NORMAL, Shape.of(2, 7, 80));
        }
        rotated(w8, w4);
        int[][] sizes = {{1, 1, 1, 1}, {1, 1, 64, 16}, {1, 17, 63, 65}, {2, 9, 129, 31}, {1, 3, 320, 7}, {3, 1, 16, 100}
        };
        for (int[] s : sizes) {
            Linear op = new Linear(s[2], s[3], s[3] % 2 == 1);
            for (QuantizedForms form :
                    List.of(w8, w4, w8.byToken(), QuantizedForms.plain(4, 0), w8.firstRowInFloat())) {
                add(form, op, Values.NORMAL, Shape.of(s[0], s[1], s[2]));
            }
        }
        add(w8, new Linear(48, 20, true), Values.NORMAL, Shape.of(5, 48));
        add(w8.byToken(), new Linear(48, 20, false), Values.NORMAL, Shape.of(5, 48));
        for (Values values : Values.values()) {
            Shape shape = Shape.of(1, 6, 48);
            add(w8, new Linear(48, 20, true), values, shape);
            add(w8.byToken(), new Linear(48, 20, true), values, shape);
        }
    }

    private void rotated(QuantizedForms w8, QuantizedForms w4) {
        QuantizedForms byToken = w8.byToken();
        Shape shape = Shape.of(2, 7, 80);
        for (QuantizedForms form : List.of(
                byToken.rotated(4),
                byToken.rotated(16),
                byToken.rotated(16).balanced(),
                byToken.rotated(16).cut(32),
                byToken.rotated(16).firstRowInFloat(),
                byToken.rotated(16).cut(48).balanced().firstRowInFloat(),
                w4.byToken().grouped(16).rotated(16),
                w8.rotated(16),
                QuantizedForms.plain(4, 0).rotated(16),
                QuantizedForms.plain(8, 0).rotated(16).balanced())) {
            add(form, new Linear(80, 33, true), Values.NORMAL, shape);
        }
        for (int size : new int[] {64, 256, 1024}) {
            for (QuantizedForms form :
                    List.of(byToken.rotated(size), byToken.rotated(size).firstRowInFloat())) {
                add(form, new Linear(size, 21, true), Values.NORMAL, Shape.of(1, 5, size));
                add(form, new Linear(2 * size, 16, false), Values.NORMAL, Shape.of(2, 1, 2 * size));
            }
        }
        for (Values values : Values.values()) {
            add(byToken.rotated(16), new Linear(48, 20, true), values, Shape.of(1, 6, 48));
        }
    }

    private void convolutions() {
        int[][] kernels = {
            {3, 3, 1, 1, 1, 1, 1},
            {3, 3, 2, 1, 1, 1, 1},
            {3, 3, 2, 0, 1, 0, 1},
            {1, 1, 1, 0, 0, 0, 0},
            {1, 3, 1, 0, 0, 2, 1}
        };
        int[][] channels = {{5, 7}, {16, 32}, {4, 1}, {33, 17}};
        QuantizedForms w8 = QuantizedForms.plain(8, 8);
        for (int[] k : kernels) {
            for (int[] c : channels) {
                Conv2d op = FloatCases.conv(k, c[0], c[1]);
                add(w8, op, Values.NORMAL, Shape.of(1, c[0], 9, 7));
                add(w8.cut(c[0] / 2), op, Values.NORMAL, Shape.of(2, c[0], 4, 5));
            }
        }
        Conv2d op = FloatCases.conv(kernels[0], 24, 20);
        Shape shape = Shape.of(1, 24, 6, 5);
        for (int bits = 2; bits < 8; bits++) {
            add(QuantizedForms.plain(bits, 8), op, Values.NORMAL, shape);
            add(QuantizedForms.plain(8, bits), op, Values.NORMAL, shape);
        }
        add(QuantizedForms.plain(4, 8).grouped(16), op, Values.NORMAL, shape);
        add(QuantizedForms.plain(4, 0).grouped(16), op, Values.NORMAL, shape);
        add(QuantizedForms.plain(8, 0), op, Values.NORMAL, shape);
        add(QuantizedForms.plain(4, 8).cut(8, 16), op, Values.NORMAL, shape);
        add(w8, op, Values.NORMAL, Shape.of(1, 24, 1, 1));
        for (Values values : Values.values()) {
            add(w8, op, values, shape);
        }
    }

    private void add(QuantizedForms form, Layer layer, Values values, Shape shape) {
        Tensor x = values.of(shape, 20);
        Graph graph = OneNode.graph((Op) layer, x);
        MemoryWeights weights = MemoryWeights.randomFor(graph, 21);
        // A channel of zeros, and one that reads nothing.
        Tensor weight = weights.tensor(OneNode.ID + ".weight");
        if (layer.outputs() > 2) {
            int width = (int) weight.shape().elements() / layer.outputs();
            for (int i = 0; i < width; i++) {
                weight.floats().put(width + i, 0);
            }
        }
        Optional<Tensor> bias = layer.bias() ? Optional.of(weights.tensor(OneNode.ID + ".bias")) : Optional.empty();
        QuantizedLayer quantized = form.of(layer, weight, bias, 22);
        String what = layer instanceof Conv2d conv ? FloatCases.name(conv) : "Linear to " + layer.outputs();
        cases.add(new Case(
                form.description() + ": " + what + " of " + values + " " + shape,
                graph,
                weights,
                QuantizedLayers.of(Map.of(OneNode.ID, quantized)),
                Map.of("in0", x),
                form.inputBits() == 0 ? FLOAT_INPUT : Bound.SUMS));
    }
}
