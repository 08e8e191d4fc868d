package org.mixdq4j.core.quantize.balance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quantize.LayerForms;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.quantize.statistics.TimestepBuckets;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * Searches what is done to the inputs of Linears before they are quantized, where weights are quantized as well: factors of
 * input channels, rotations ({@link Rotation}), or both, factors first. Layers that read the same value get the same, so that
 * the value is still quantized once for all of them. Taken is what costs their outputs least, and nothing where that is best:
 * of a grid of alphas, of sizes of rotation, and of alphas with the size that is best without factors.
 *
 * <p>Only inputs quantized token by token are rotated: no static range of rotated ones is known.
 *
 * <p>One set of factors serves all steps. The magnitude of a channel is its largest over all calibration rows, so that of its
 * worst timestep, or, where that costs less, its largest in one bucket of timesteps (ViDiT-Q has factors for each).
 */
public final class BalanceSearch {
    /** Alphas that are tried, in tenths. */
    private static final int TENTHS = 10;
    /** Buckets are tried at alphas this many tenths from the best for all timesteps. */
    private static final int NEIGHBOURS = 1;

    private final Graph graph;
    private final WeightSource weights;
    private final ActivationStatistics statistics;
    private final VectorCollector collector;

    /** @param weights of the float network */
    public BalanceSearch(
            Graph graph, WeightSource weights, ActivationStatistics statistics, VectorCollector collector) {
        this.graph = graph;
        this.weights = weights;
        this.statistics = statistics;
        this.collector = collector;
    }

    /**
     * What is tried.
     *
     * @param factors whether channels may have factors; ranges of their inputs have to be among the statistics
     * @param rotations sizes, of which those are tried that fit a layer; {@link Rotation#NONE} for inputs that are not rotated,
     *     which is also what becomes of layers that no other fits
     */
    public record Tried(boolean factors, List<Integer> rotations) {
        /** Factors alone. */
        public static final Tried FACTORS = new Tried(true, List.of(Rotation.NONE));

        public Tried {
            rotations = List.copyOf(rotations);
        }
    }

    /**
     * Searches.
     *
     * @param quants forms of the layers to quantize, by id
     * @param quantizer makes them
     */
    public Balance search(Map<String, LayerQuant> quants, LayerQuantizer quantizer, Tried tried, Progress progress) {
        Map<String, List<Node>> readers = readers(quants);
        Map<String, float[]> multipliers = new LinkedHashMap<>();
        Map<String, Integer> rotations = new LinkedHashMap<>();
        Map<String, Balance.Choice> choices = new LinkedHashMap<>();
        for (Collection<String> values : collector.chunks(readers.keySet())) {
            Map<String, InputVectors> vectors = collector.collect(
                    values,
                    value -> readers.get(value).stream()
                            .allMatch(layer -> quants.get(layer.id()).bos()),
                    progress);
            progress.begin("balancing channels", values.size());
            long done = 0;
            for (String value : values) {
                new Group(readers.get(value), vectors.remove(value), quants, quantizer, tried)
                        .search(multipliers, rotations, choices);
                progress.at(++done);
            }
            progress.end();
        }
        return new Balance(multipliers, rotations, choices);
    }

    /** By value read: the Linears that can be balanced. */
    private Map<String, List<Node>> readers(Map<String, LayerQuant> quants) {
        Map<String, List<Node>> readers = new LinkedHashMap<>();
        for (Node layer : graph.layers()) {
            LayerQuant quant = quants.get(layer.id());
            if (quant != null
                    && layer.op() instanceof Linear
                    && quant.split().isEmpty()
                    && quant.weight().isPresent()
                    && quant.activation().isPresent()) {
                readers.computeIfAbsent(layer.inputs().get(0), id -> new ArrayList<>())
                        .add(layer);
            }
        }
        return readers;
    }

    /** Factors, or null for none, and a rotation, and what they cost each layer. */
    private record Trial(
            Optional<Double> alpha,
            Optional<TimestepBuckets.Range> timesteps,
            float[] factors,
            int rotation,
            double[] noise) {}

    /** Layers that read one value. */
    private final class Group {
        private final List<Node> layers;
        private final Map<String, LayerQuant> quants;
        private final LayerQuantizer quantizer;
        private final Tried tried;
        private final List<OutputError> errors;

        Group(
                List<Node> layers,
                InputVectors vectors,
                Map<String, LayerQuant> quants,
                LayerQuantizer quantizer,
                Tried tried) {
            this.layers = layers;
            this.quants = quants;
            this.quantizer = quantizer;
            this.tried = tried;
            this.errors = layers.stream()
                    .map(layer -> new OutputError(vectors, weight(layer)))
                    .toList();
        }

        void search(
                Map<String, float[]> multipliers, Map<String, Integer> rotations, Map<String, Balance.Choice> choices) {
            Trial plain = unbalanced(Rotation.NONE);
            Trial best = best(plain);
            for (int i = 0; i < layers.size(); i++) {
                String id = layers.get(i).id();
                double power = errors.get(i).power();
                choices.put(
                        id,
                        new Balance.Choice(
                                best.alpha(),
                                best.timesteps(),
                                best.rotation(),
                                decibels(power, best.noise()[i]),
                                decibels(power, plain.noise()[i])));
                if (best.factors() != null) {
                    multipliers.put(id, best.factors());
                }
                if (best.rotation() != Rotation.NONE) {
                    rotations.put(id, best.rotation());
                }
            }
        }

        private Trial best(Trial plain) {
            List<Integer> sizes = sizes();
            Trial unrotated = sizes.contains(Rotation.NONE) ? plain : null;
            Trial rotated = null;
            for (int size : sizes) {
                if (size != Rotation.NONE) {
                    rotated = better(rotated, unbalanced(size));
                }
            }
            if (tried.factors()) {
                unrotated = unrotated == null ? null : balanced(unrotated);
                rotated = rotated == null ? null : balanced(rotated);
            }
            return unrotated == null ? rotated : rotated == null ? unrotated : better(unrotated, rotated);
        }

        /** Those to try that fit all layers. */
        private List<Integer> sizes() {
            List<Integer> fitting = tried.rotations().stream()
                    .filter(size -> size == Rotation.NONE
                            || layers.stream().allMatch(layer -> {
                                LayerQuant quant = quants.get(layer.id());
                                return quant.dynamic()
                                        && Rotation.fits(
                                                quant.edges(layer.layer().inputs()), size);
                            }))
                    .toList();
            return fitting.isEmpty() ? List.of(Rotation.NONE) : fitting;
        }

        /** All alphas with the widths of all timesteps, then those around the best one with the widths of each bucket. */
        private Trial balanced(Trial unbalanced) {
            int rotation = unbalanced.rotation();
            TensorStatistics inputs = inputs();
            float[] met = weightMagnitudes();
            float[] widest = inputs.channelAbsMax();
            Trial best = unbalanced;
            int middle = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int tenth = 0; tenth <= TENTHS; tenth++) {
                Trial trial = trial(Optional.empty(), widest, met, tenth, rotation);
                if (relative(trial) < least) {
                    least = relative(trial);
                    middle = tenth;
                }
                best = better(best, trial);
            }
            for (int bucket = 0; bucket < inputs.buckets(); bucket++) {
                float[] seen = inputs.channelAbsMax(bucket);
                if (Arrays.equals(seen, widest)) {
                    continue;
                }
                var timesteps = Optional.of(statistics.buckets().ranges().get(bucket));
                // An alpha of 0 does not look at inputs.
                int from = Math.max(1, middle - NEIGHBOURS);
                int to = Math.min(TENTHS, middle + NEIGHBOURS);
                for (int tenth = from; tenth <= to; tenth++) {
                    best = better(best, trial(timesteps, seen, met, tenth, rotation));
                }
            }
            return best;
        }

        private Trial unbalanced(int rotation) {
            return new Trial(Optional.empty(), Optional.empty(), null, rotation, noise(Optional.empty(), rotation));
        }

        private Trial trial(
                Optional<TimestepBuckets.Range> timesteps, float[] inputs, float[] met, int tenth, int rotation) {
            double alpha = (double) tenth / TENTHS;
            float[] factors = ChannelFactors.multipliers(inputs, met, alpha);
            return new Trial(Optional.of(alpha), timesteps, factors, rotation, noise(Optional.of(factors), rotation));
        }

        /** The earlier one where they cost the same. */
        private Trial better(Trial best, Trial other) {
            return best == null || relative(other) < relative(best) ? other : best;
        }

        private double[] noise(Optional<float[]> factors, int rotation) {
            double[] noise = new double[layers.size()];
            for (int i = 0; i < noise.length; i++) {
                Node layer = layers.get(i);
                LayerQuantizer how = factors.map(f -> quantizer.balanced(Map.of(layer.id(), f)))
                        .orElse(quantizer);
                noise[i] = errors.get(i)
                        .of(how.quantize(layer, quants.get(layer.id()).rotated(rotation)));
            }
            return noise;
        }

        /** Noise over power, summed over layers: none of them counts more because its outputs are larger. */
        private double relative(Trial trial) {
            double sum = 0;
            for (int i = 0; i < layers.size(); i++) {
                double power = errors.get(i).power();
                sum += power > 0 ? trial.noise()[i] / power : 0;
            }
            return sum;
        }

        private TensorStatistics inputs() {
            Node layer = layers.get(0);
            StatisticsKey key = LayerForms.keys(layer, quants.get(layer.id())).get(0);
            return statistics.get(key);
        }

        private float[] weightMagnitudes() {
            float[] largest = new float[layers.get(0).layer().inputs()];
            for (Node layer : layers) {
                float[] values = weight(layer).toFloatArray();
                for (int i = 0; i < values.length; i++) {
                    int c = i % largest.length;
                    largest[c] = Math.max(largest[c], Math.abs(values[i]));
                }
            }
            return largest;
        }
    }

    private Tensor weight(Node layer) {
        return weights.tensor(layer.id() + ".weight");
    }

    private static double decibels(double power, double noise) {
        return 10 * Math.log10(power / noise);
    }
}
