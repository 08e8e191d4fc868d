package org.mixdq4j.core.lower;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Networks quantized in different ways, with ranges out of the air: what is compared is one program with another. */
public enum FormsOfLayers {
    /** All layers in float. */
    FLOAT,
    /** Static ranges, one an input; shortcuts split at concats; text projections leave the first token in float. */
    STATIC,
    /** Linears token by token, rows by their weights only, convolutions static. */
    TOKEN,
    /** A bit of each: 4-bit weights in groups, factors, layers in float. */
    MIXED;

    /** Quantized layers by id. */
    public Map<String, QuantizedLayer> of(Graph graph, WeightSource weights) {
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        if (this == FLOAT) {
            return layers;
        }
        Random random = new Random(11);
        Set<String> texts = TextProjections.of(graph);
        Set<String> rows = RowLayers.of(graph);
        Map<String, List<Integer>> splits = SplitPoints.of(graph);
        int turn = 0;
        for (Node layer : graph.layers()) {
            turn++;
            if (this == MIXED && turn % 7 == 0) {
                continue;
            }
            boolean linear = layer.op() instanceof Linear;
            boolean token = linear && (this == TOKEN || this == MIXED && turn % 3 == 1);
            boolean weightOnly = this == TOKEN && rows.contains(layer.id()) || this == MIXED && turn % 5 == 0;
            boolean bos = this != TOKEN && !weightOnly && texts.contains(layer.id());
            Optional<float[]> factors = this == MIXED && linear && turn % 4 == 0
                    ? Optional.of(factors(layer.layer().inputs(), random))
                    : Optional.empty();
            WeightQuant bits = this == MIXED && turn % 2 == 0 ? new WeightQuant(4, 16) : new WeightQuant(8);
            List<Integer> edges = new ArrayList<>(List.of(0));
            edges.addAll(splits.getOrDefault(layer.id(), List.of()));
            edges.add(layer.layer().inputs());
            // By the value read, so that layers beside each other may be rotated alike.
            int rotation = linear
                            && token
                            && (this == MIXED || layer.inputs().get(0).length() % 3 == 0)
                            && Rotation.fits(edges, 16)
                    ? 16
                    : Rotation.NONE;
            Tensor weight = weights.tensor(layer.id() + ".weight");
            List<Segment> segments = new ArrayList<>();
            for (int i = 0; i + 1 < edges.size(); i++) {
                // The same for all that read one value, as calibration gives them.
                double range = 1 + Math.floorMod((layer.inputs().get(0) + i).hashCode(), 7);
                InputQuant input = token ? new TokenParams(8) : AffineParams.ofRange(-range, 2 * range, 8);
                segments.add(
                        SymmetricWeights.quantize(weight, edges.get(i), edges.get(i + 1), bits, ScaleSearch.MAX_ABS)
                                .segment(edges.get(i), weightOnly ? Optional.empty() : Optional.of(input)));
            }
            Optional<Tensor> bias =
                    layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
            layers.put(layer.id(), new QuantizedLayer(segments, bias, bos, factors, rotation));
        }
        return layers;
    }

    /** What a lowering asks for. */
    public static Function<String, Optional<LayerForm>> forms(Map<String, QuantizedLayer> layers) {
        return id -> Optional.ofNullable(layers.get(id)).map(LayerForm::of);
    }

    private static float[] factors(int count, Random random) {
        float[] factors = new float[count];
        for (int i = 0; i < count; i++) {
            factors[i] = (float) Math.exp(0.3 * random.nextGaussian());
        }
        return factors;
    }
}
