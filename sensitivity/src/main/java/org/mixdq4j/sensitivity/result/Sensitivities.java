package org.mixdq4j.sensitivity.result;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.LayerGroup;
import org.mixdq4j.core.graph.analysis.LayerGroups;
import org.mixdq4j.core.graph.analysis.LayerSizes;
import org.mixdq4j.sensitivity.estimate.RankCorrelation;
import org.mixdq4j.sensitivity.variant.Variant;

/**
 * What every variant costs.
 *
 * @param variants in graph order
 * @param exact by variant; empty if the network was not run again
 * @param estimated by variant; empty if nothing was estimated
 */
public record Sensitivities(
        Graph graph, List<Variant> variants, Map<Variant, Score> exact, Map<Variant, Score> estimated) {

    /** The measured scores, or the estimated ones where nothing was measured. */
    public Map<Variant, Score> best() {
        return exact.isEmpty() ? estimated : exact;
    }

    /** Content or quality, by layer. */
    public Map<String, LayerGroup> groups() {
        return LayerGroups.of(graph);
    }

    /** Elements of weights or inputs, by layer. */
    public Map<String, Long> sizes(Part part) {
        return part == Part.WEIGHTS ? LayerSizes.weights(graph) : LayerSizes.inputs(graph);
    }

    /** The layers in graph order. */
    public List<Node> layers() {
        return List.copyOf(graph.layers());
    }

    /** Whether a part was measured at all. */
    public boolean has(Part part) {
        return variants.stream().anyMatch(variant -> variant.part() == part);
    }

    /** A table of one part. @param ssim whether of SSIM, of content layers only, or of SQNR, of all layers */
    public Map<String, SortedMap<Integer, Double>> table(Part part, boolean ssim) {
        Map<String, LayerGroup> groups = groups();
        Map<String, SortedMap<Integer, Double>> table = new TreeMap<>();
        best().forEach((variant, score) -> {
            if (variant.part() == part && !(ssim && groups.get(variant.layer()) != LayerGroup.CONTENT)) {
                table.computeIfAbsent(variant.layer(), id -> new TreeMap<>())
                        .put(variant.bits(), ssim ? score.ssim() : score.sqnr());
            }
        });
        return table;
    }

    /**
     * Rank correlation of estimated and exact values over all layers and bits of a part.
     *
     * @param ssim whether of SSIM, over content layers, or of SQNR
     * @return empty if one of both is missing, or all values are equal
     */
    public Optional<Double> rankCorrelation(Part part, boolean ssim) {
        return correlation(of(part), ssim);
    }

    /** The same of layers at the same bits, which is what layers are told apart by. */
    public SortedMap<Integer, Double> rankCorrelationByBits(Part part, boolean ssim) {
        SortedMap<Integer, List<Variant>> byBits = new TreeMap<>();
        of(part).forEach(variant ->
                byBits.computeIfAbsent(variant.bits(), b -> new ArrayList<>()).add(variant));
        SortedMap<Integer, Double> correlations = new TreeMap<>();
        byBits.forEach((bits, same) -> correlation(same, ssim).ifPresent(value -> correlations.put(bits, value)));
        return correlations;
    }

    private List<Variant> of(Part part) {
        return variants.stream().filter(variant -> variant.part() == part).toList();
    }

    private Optional<Double> correlation(List<Variant> of, boolean ssim) {
        ToDoubleFunction<Score> value = ssim ? Score::ssim : Score::sqnr;
        List<Variant> both = of.stream()
                .filter(variant -> exact.containsKey(variant) && estimated.containsKey(variant))
                // NaN where SSIM was not asked for.
                .filter(variant -> !Double.isNaN(value.applyAsDouble(exact.get(variant))))
                .toList();
        double correlation = RankCorrelation.of(
                both.stream().map(exact::get).mapToDouble(value).toArray(),
                both.stream().map(estimated::get).mapToDouble(value).toArray());
        return Double.isNaN(correlation) ? Optional.empty() : Optional.of(correlation);
    }
}
