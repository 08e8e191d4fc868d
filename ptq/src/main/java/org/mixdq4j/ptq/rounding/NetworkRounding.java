package org.mixdq4j.ptq.rounding;

import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.io.Sha256;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.BalancedWeights;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.ptq.probe.QualityProbe;

/**
 * Rounds the weights of a network by what its layers read. Each part of a layer gets the rounding that is best for its own
 * output on samples held out; all together are kept only if they are better for the network's output, on others held out.
 *
 * <p>Second moments of all layers seldom fit memory: the calibration set is run through once for as many as do.
 */
public final class NetworkRounding {
    private static final String FOLDER = "rounding";

    private final Instrumented model;
    private final WeightSource weights;
    private final CalibrationSet set;
    private final Path work;
    private final RoundingOptions options;
    private final Progress progress;
    private Set<RoundingMethod> methods = EnumSet.allOf(RoundingMethod.class);
    private Map<String, float[]> multipliers = Map.of();

    /**
     * For one network.
     *
     * @param model the network in float
     * @param work folder where rounded parts are kept until {@link #forget}
     * @throws org.mixdq4j.core.error.UsageException if the set has too few samples to hold any out
     */
    public NetworkRounding(
            Instrumented model,
            WeightSource weights,
            CalibrationSet set,
            Path work,
            RoundingOptions options,
            Progress progress) {
        this.model = model;
        this.weights = weights;
        this.set = set;
        this.work = work;
        this.options = options;
        this.progress = progress;
        new Folds(set.manifest().samples().size());
    }

    /** Only these are tried, and rounding to nearest. */
    public NetworkRounding trying(Set<RoundingMethod> only) {
        methods = EnumSet.copyOf(only);
        return this;
    }

    /** Layers with factors of their input channels are rounded by what they read then. */
    public NetworkRounding balanced(Map<String, float[]> factors) {
        multipliers = Map.copyOf(factors);
        return this;
    }

    /** The layers to use, and how they compare. */
    public record Outcome(QuantizedLayers layers, RoundingReport report) {}

    /** A part of a layer to be rounded. */
    private record Part(StatisticsKey key, WeightQuant quant) {}

    /** Whether any of these forms has weights of so few bits that their rounding matters. */
    public boolean concerns(Collection<LayerQuant> quants) {
        return quants.stream().anyMatch(this::concerned);
    }

    /**
     * Rounds.
     *
     * @param nearest all quantized layers by id, rounded to nearest
     * @param quants their forms
     * @param quantizer what made them
     */
    public Outcome improve(QuantizedLayers nearest, Map<String, LayerQuant> quants, LayerQuantizer quantizer) {
        Map<StatisticsKey, RoundedPart> rounded = roundAll(nearest.ids(), quants);
        WeightRounder rounder =
                (layer, weight, part, quant) -> rounded.get(part).weights();
        LayerQuantizer better = quantizer.with(rounder);
        Map<String, QuantizedLayer> chosen = new LinkedHashMap<>();
        nearest.forEach((id, layer) -> chosen.put(
                id, concerned(quants.get(id)) ? better.quantize(model.graph().node(id), quants.get(id)) : layer));
        QuantizedLayers layers = QuantizedLayers.of(chosen);
        List<Map<String, Tensor>> rows = checkRows();
        Map<String, Double> sqnr = new QualityProbe(model)
                .variants("comparing roundings", Map.of("nearest", nearest, "chosen", layers), rows, progress);
        boolean kept = sqnr.get("chosen") > sqnr.get("nearest");
        Map<String, RoundingReport.Part> parts = new LinkedHashMap<>();
        rounded.forEach((key, part) ->
                parts.put(key.toString(), new RoundingReport.Part(part.method(), part.sqnr(), part.nearestSqnr())));
        return new Outcome(
                kept ? layers : nearest,
                new RoundingReport(kept, sqnr.get("chosen"), sqnr.get("nearest"), rows.size(), parts));
    }

    /** Deletes what {@link #improve} left in a folder to go on from. */
    public static void forget(Path work) {
        SavedParts.delete(work.resolve(FOLDER));
    }

    private boolean concerned(LayerQuant quant) {
        return quant.weight().filter(w -> w.bits() <= options.mostBits()).isPresent();
    }

    private Map<StatisticsKey, RoundedPart> roundAll(Collection<String> ids, Map<String, LayerQuant> quants) {
        Graph graph = model.graph();
        SavedParts saved = new SavedParts(
                work.resolve(FOLDER),
                set.digest() + " " + options.withoutMemory() + " " + methods + balanceIdentity()
                        + rotationIdentity(quants));
        Map<StatisticsKey, RoundedPart> rounded = new LinkedHashMap<>();
        Map<LayerInput, List<Part>> missing = new LinkedHashMap<>();
        for (String id : ids) {
            LayerQuant quant = quants.get(id);
            if (!concerned(quant)) {
                continue;
            }
            WeightQuant how = quant.weight().orElseThrow();
            for (StatisticsKey key : LayerForms.keys(graph.node(id), quant)) {
                // Known or not, the key takes its place: the report lists parts in the network's order.
                rounded.put(key, saved.read(key, how).orElse(null));
                if (rounded.get(key) == null) {
                    missing.computeIfAbsent(
                                    LayerInput.of(graph, key, factors(key), quant.rotation()),
                                    input -> new ArrayList<>())
                            .add(new Part(key, how));
                }
            }
        }
        List<List<LayerInput>> chunks = chunks(missing.keySet());
        for (int i = 0; i < chunks.size(); i++) {
            String of = chunks.size() == 1 ? "" : " " + (i + 1) + "/" + chunks.size();
            round(chunks.get(i), of, missing, rounded, saved);
        }
        return rounded;
    }

    /** Inputs whose moments fit memory together, in the network's order. */
    private List<List<LayerInput>> chunks(Collection<LayerInput> inputs) {
        List<List<LayerInput>> chunks = new ArrayList<>();
        long used = 0;
        for (LayerInput input : inputs) {
            long bytes = InputMoments.bytes(input, options);
            if (chunks.isEmpty() || used + bytes > options.memory()) {
                chunks.add(new ArrayList<>());
                used = 0;
            }
            chunks.get(chunks.size() - 1).add(input);
            used += bytes;
        }
        return chunks;
    }

    private void round(
            List<LayerInput> chunk,
            String of,
            Map<LayerInput, List<Part>> parts,
            Map<StatisticsKey, RoundedPart> rounded,
            SavedParts saved) {
        Map<LayerInput, InputMoments> moments =
                new MomentCollector(model, set, options).collect(chunk, "second moments" + of, progress);
        progress.begin(
                "rounding" + of,
                chunk.stream().mapToInt(input -> parts.get(input).size()).sum());
        int done = 0;
        WeightSource balanced = new BalancedWeights(weights, multipliers);
        for (LayerInput input : chunk) {
            InputMoments own = moments.remove(input);
            PartRounder rounder = new PartRounder(own.moment(), own.heldOut(), options, methods);
            for (Part part : parts.get(input)) {
                Node layer = model.graph().node(part.key().layer());
                Tensor weight = Rotation.ofWeights(balanced.tensor(layer.id() + ".weight"), input.rotation());
                RoundedPart result = rounder.round(weight, part.key(), part.quant());
                saved.write(part.key(), part.quant(), result);
                rounded.put(part.key(), result);
                progress.at(++done);
            }
        }
        progress.end();
    }

    /** Nothing where nothing is balanced. */
    private String balanceIdentity() {
        if (multipliers.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        new TreeMap<>(multipliers).forEach((id, factors) -> text.append(id).append(Arrays.toString(factors)));
        return " " + Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Nothing where nothing is rotated. */
    private static String rotationIdentity(Map<String, LayerQuant> quants) {
        Map<String, Integer> rotations = new TreeMap<>();
        quants.forEach((id, quant) -> {
            if (quant.rotation() != Rotation.NONE) {
                rotations.put(id, quant.rotation());
            }
        });
        return rotations.isEmpty() ? "" : " " + Sha256.of(rotations.toString().getBytes(StandardCharsets.UTF_8));
    }

    private Optional<FloatBuffer> factors(StatisticsKey key) {
        return Optional.ofNullable(multipliers.get(key.layer()))
                .map(all -> FloatBuffer.wrap(Arrays.copyOfRange(all, key.from(), key.to())));
    }

    private List<Map<String, Tensor>> checkRows() {
        Folds folds = new Folds(set.manifest().samples().size());
        return QualityProbe.rows(set, options.checkRows(), row -> folds.checks(row.sample()));
    }
}
