package org.mixdq4j.core.quantize.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.ActivationQuant.Granularity;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.BalancedWeights;
import org.mixdq4j.core.quantize.LayerQuantizer;
import org.mixdq4j.core.quantize.WeightRounder;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.quantize.statistics.TimestepBuckets;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Two Linears read a value some of whose channels are wide, a third reads an even one. */
class BalanceSearchTest {
    private static final int CHANNELS = 48;
    private static final Shape TOKENS = Shape.of(1, 12, CHANNELS);
    private final Graph graph = graph();
    private final Random random = new Random(8);
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final List<Map<String, Tensor>> rows = new ArrayList<>();
    private ActivationStatistics statistics;

    BalanceSearchTest() {
        for (String id : List.of("q", "k", "even")) {
            weights.put(id + ".weight", values(Shape.of(20, CHANNELS), false));
        }
        for (int i = 0; i < 5; i++) {
            rows.add(Map.of("wide", values(TOKENS, true), "level", values(TOKENS, false)));
        }
        Map<StatisticsKey, TensorStatistics> entries = new LinkedHashMap<>();
        for (String id : List.of("q", "k", "even")) {
            TensorStatistics of = new TensorStatistics(CHANNELS);
            rows.forEach(row -> of.add(
                    row.get(id.equals("even") ? "level" : "wide").toFloatArray(), CHANNELS, 1, 0, CHANNELS, 0, 1));
            entries.put(new StatisticsKey(id, 0, CHANNELS, false), of);
        }
        statistics = new ActivationStatistics(entries);
    }

    private static Graph graph() {
        GraphBuilder b = new GraphBuilder("net");
        GraphBuilder.Value wide = b.input("wide", DType.F32, TOKENS);
        GraphBuilder.Value level = b.input("level", DType.F32, TOKENS);
        Linear linear = new Linear(CHANNELS, 20, false);
        b.output("q", b.add("q", linear, wide));
        b.output("k", b.add("k", linear, wide));
        b.output("even", b.add("even", linear, level));
        return b.build();
    }

    /** Some channels 50 times as large as the others. */
    private Tensor values(Shape shape, boolean uneven) {
        Tensor tensor = Tensor.zeros(DType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, (float) random.nextGaussian() * (uneven && i % CHANNELS % 16 == 3 ? 50 : 1));
        }
        return tensor;
    }

    private LayerQuantizer quantizer() {
        return new LayerQuantizer(
                source(),
                statistics,
                new RangeChooser(RangeMethod.MINMAX, 100),
                WeightRounder.nearest(ScaleSearch.MAX_ABS));
    }

    private Balance search(LayerQuant... quants) {
        return search(BalanceSearch.Tried.FACTORS, quants);
    }

    private Balance search(BalanceSearch.Tried tried, LayerQuant... quants) {
        Map<String, LayerQuant> byId = new LinkedHashMap<>();
        for (int i = 0; i < quants.length; i++) {
            byId.put(List.of("q", "k", "even").get(i), quants[i]);
        }
        VectorCollector collector =
                new VectorCollector(new Watched(), Spread.of(rows.size(), 1, 1, rows.size()), to -> rows.forEach(to));
        return new BalanceSearch(graph, source(), statistics, collector)
                .search(byId, quantizer(), tried, Progress.SILENT);
    }

    private static LayerQuant quant(Granularity granularity) {
        return new LayerQuant(
                Optional.of(new WeightQuant(8)), Optional.of(new ActivationQuant(8, granularity)), List.of(), false);
    }

    @ParameterizedTest
    @EnumSource(Granularity.class)
    void wideChannelsMoveIntoTheWeightsAndReadersOfAValueShareTheirFactors(Granularity granularity) {
        LayerQuant quant = quant(granularity);
        Balance found = search(quant, quant, quant);

        assertThat(found.choices()).containsOnlyKeys("q", "k", "even");
        for (String id : List.of("q", "k")) {
            Balance.Choice choice = found.choices().get(id);
            assertThat(choice.alpha()).isPresent();
            assertThat(choice.sqnr()).isGreaterThan(choice.plainSqnr() + 5);
        }
        float[] factors = found.multipliers().get("q");
        assertThat(found.multipliers().get("k")).isEqualTo(factors);
        assertThat(factors[3]).isLessThan(factors[4] / 3);
        Balance.Choice even = found.choices().get("even");
        assertThat(even.sqnr()).isGreaterThanOrEqualTo(even.plainSqnr());
        assertThat(even.sqnr()).isLessThan(even.plainSqnr() + 3);
        var json = found.toJson().path("layers").path("q");
        assertThat(json.path("alpha").asDouble())
                .isEqualTo(found.choices().get("q").alpha().orElseThrow());
        assertThat(json.path("timesteps").asText()).isEqualTo("all");
    }

    /** Channels that are wide at one timestep only, of which few vectors are: its factors cost all the others. */
    @Test
    void theWidthsOfOneBucketAreTakenWhereThoseOfAllCostMore() {
        TimestepBuckets buckets = TimestepBuckets.of(List.of(900.0, 500.0));
        float[] rare = values(TOKENS, false).toFloatArray();
        for (int i = 0; i < rare.length; i++) {
            rare[i] *= i % CHANNELS % 16 == 7 ? 3000 : 1;
        }
        Map<StatisticsKey, TensorStatistics> entries = new LinkedHashMap<>();
        for (String id : List.of("q", "k")) {
            TensorStatistics of = new TensorStatistics(CHANNELS, buckets.count());
            of.add(0, rare, CHANNELS, 1, 0, CHANNELS, 0, 1);
            rows.forEach(row -> of.add(1, row.get("wide").toFloatArray(), CHANNELS, 1, 0, CHANNELS, 0, 1));
            entries.put(new StatisticsKey(id, 0, CHANNELS, false), of);
        }
        LayerQuant quant = quant(Granularity.TOKEN);
        statistics = new ActivationStatistics(entries, buckets);
        Balance found = search(quant, quant);
        statistics = new ActivationStatistics(whole(entries));
        Balance.Choice ofAll = search(quant, quant).choices().get("q");

        for (String id : List.of("q", "k")) {
            assertThat(found.choices().get(id).timesteps())
                    .contains(buckets.ranges().get(1));
            assertThat(found.toJson().path("layers").path(id).path("timesteps").asText())
                    .isEqualTo("500.0 to 500.0");
        }
        assertThat(ofAll.timesteps()).isEmpty();
        assertThat(found.choices().get("q").sqnr()).isGreaterThan(ofAll.sqnr() + 1);
        assertThat(found.multipliers().get("k")).isEqualTo(found.multipliers().get("q"));
    }

    /** The same extremes in one bucket. */
    private static Map<StatisticsKey, TensorStatistics> whole(Map<StatisticsKey, TensorStatistics> entries) {
        Map<StatisticsKey, TensorStatistics> whole = new LinkedHashMap<>();
        entries.forEach((key, s) -> whole.put(
                key,
                new TensorStatistics(
                        s.count(),
                        s.min(),
                        s.max(),
                        s.runningMin(),
                        s.runningMax(),
                        s.histogram(),
                        new float[][] {s.channelMin()},
                        new float[][] {s.channelMax()})));
        return whole;
    }

    @Test
    void aStaticRangeHoldsWhatWasSeenOfBalancedChannels() {
        LayerQuant quant = quant(Granularity.TENSOR);
        float[] factors = search(quant, quant).multipliers().get("q");

        QuantizedLayer layer = quantizer().balanced(Map.of("q", factors)).quantize(graph.node("q"), quant);

        float low = 0;
        float high = 0;
        for (Map<String, Tensor> row : rows) {
            float[] x = row.get("wide").toFloatArray();
            for (int i = 0; i < x.length; i++) {
                low = Math.min(low, x[i] * factors[i % CHANNELS]);
                high = Math.max(high, x[i] * factors[i % CHANNELS]);
            }
        }
        assertThat(layer.segments().get(0).fixed()).isEqualTo(AffineParams.ofRange(low, high, 8));
        assertThat(layer.inputMultiplier()).contains(factors);
    }

    @Test
    void balancedWeightsUndoTheFactorsAndLeaveOtherTensorsAlone() {
        float[] factors = new float[CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
            factors[c] = 0.1f + c;
        }
        WeightSource balanced = new BalancedWeights(source(), Map.of("q", factors));

        float[] plain = weights.get("q.weight").toFloatArray();
        float[] divided = balanced.tensor("q.weight").toFloatArray();
        for (int i = 0; i < plain.length; i++) {
            assertThat(divided[i] * factors[i % CHANNELS]).isCloseTo(plain[i], within(1e-5f));
        }
        assertThat(balanced.tensor("k.weight")).isSameAs(weights.get("k.weight"));
        assertThat(balanced.dtype("q.weight")).isEqualTo(DType.F32);
    }

    @Test
    void layersWithAFloatSideAreLeftAlone() {
        LayerQuant weightOnly = new LayerQuant(Optional.of(new WeightQuant(4)), Optional.empty(), List.of(), false);
        LayerQuant inputOnly =
                new LayerQuant(Optional.empty(), quant(Granularity.TOKEN).activation(), List.of(), false);

        assertThat(search(weightOnly, inputOnly)).isEqualTo(Balance.none());
    }

    @Test
    void wideChannelsAreSpreadByRotationWhereItHelps() {
        LayerQuant quant = quant(Granularity.TOKEN);
        statistics = new ActivationStatistics(Map.of());
        Balance found = search(new BalanceSearch.Tried(false, List.of(Rotation.NONE, 16, 64)), quant, quant, quant);

        assertThat(found.multipliers()).isEmpty();
        // 64 does not divide 48 channels.
        assertThat(found.rotations()).containsEntry("q", 16).containsEntry("k", 16);
        for (String id : List.of("q", "k", "even")) {
            Balance.Choice choice = found.choices().get(id);
            boolean rotated = choice.rotation() != Rotation.NONE;
            assertThat(rotated).isEqualTo(found.rotations().containsKey(id));
            assertThat(choice.sqnr()).isGreaterThanOrEqualTo(choice.plainSqnr() + (id.equals("even") ? 0 : 3));
        }
        assertThat(found.form("q", quant)).isEqualTo(quant.rotated(16));
        assertThat(found.form("other", quant)).isEqualTo(quant);
        assertThat(found.toJson().path("layers").path("q").path("rotation").asInt())
                .isEqualTo(16);
    }

    @Test
    void factorsAndRotationsAreOneChoice() {
        LayerQuant quant = quant(Granularity.TOKEN);
        Balance factors = search(quant, quant, quant);
        Balance both = search(new BalanceSearch.Tried(true, List.of(Rotation.NONE, 16)), quant, quant, quant);
        Balance rotated = search(new BalanceSearch.Tried(true, List.of(16)), quant, quant, quant);

        for (String id : List.of("q", "k", "even")) {
            double best = Math.max(
                    factors.choices().get(id).sqnr(), rotated.choices().get(id).sqnr());
            // q and k are chosen for together.
            assertThat(both.choices().get(id).sqnr()).isCloseTo(best, within(0.5));
            assertThat(rotated.rotations()).containsEntry(id, 16);
        }
        assertThat(both.multipliers()).containsKeys("q", "k");
    }

    @Test
    void staticRangesAndInputsThatNoRunDividesAreNotRotated() {
        BalanceSearch.Tried tried = new BalanceSearch.Tried(false, List.of(16));

        assertThat(search(tried, quant(Granularity.TENSOR)).rotations()).isEmpty();
        assertThat(search(new BalanceSearch.Tried(false, List.of(256)), quant(Granularity.TOKEN))
                        .rotations())
                .isEmpty();
        assertThatThrownBy(() -> quantizer()
                        .quantize(graph.node("q"), quant(Granularity.TENSOR).rotated(16)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("q has rotated inputs");
    }

    @Test
    void channelsThatAreAlwaysZeroGetFiniteFactors() {
        float[] factors = ChannelFactors.multipliers(new float[] {0, 1, 100}, new float[] {1, 0, 1}, 0.5);

        for (float factor : factors) {
            assertThat(factor).isPositive().isFinite();
        }
        assertThat((double) factors[0] / factors[2]).isCloseTo(Math.sqrt(1 / 1e-5), within(1.0));
        assertThat(ChannelFactors.multipliers(new float[3], new float[3], 0.5)).containsExactly(1, 1, 1);
    }

    private WeightSource source() {
        return WeightSource.of(weights);
    }

    /** Shows what goes in and computes nothing. */
    private final class Watched implements Instrumented {
        @Override
        public Graph graph() {
            return graph;
        }

        @Override
        public Session session() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, Tensor> gradients(
                Map<String, Tensor> inputs, String output, Tensor direction, Set<String> ids) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, Tensor> run(Map<String, Tensor> inputs, Set<String> wanted, Observer observer) {
            inputs.forEach((id, value) -> {
                if (observer.watches(id)) {
                    observer.observe(id, value);
                }
            });
            return Map.of();
        }

        @Override
        public Recording record(Map<String, Tensor> inputs, long budgetBytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
