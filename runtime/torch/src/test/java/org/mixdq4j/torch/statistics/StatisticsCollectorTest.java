package org.mixdq4j.torch.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quantize.statistics.ActivationStatistics;
import org.mixdq4j.core.quantize.statistics.Histogram;
import org.mixdq4j.core.quantize.statistics.StatisticsCollector;
import org.mixdq4j.core.quantize.statistics.StatisticsKey;
import org.mixdq4j.core.quantize.statistics.TensorStatistics;
import org.mixdq4j.core.quantize.statistics.TimestepBuckets;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A small network with an image, a text and a concat on the CPU, against loops over everything its layers read. */
class StatisticsCollectorTest {
    private static final double MOMENTUM = 0.9;
    private static final int SAMPLES = 5;
    private static final List<StatisticsKey> KEYS = List.of(
            new StatisticsKey("conv_in", 0, 4, false),
            new StatisticsKey("shortcut", 0, 6, false),
            new StatisticsKey("shortcut", 6, 10, false),
            new StatisticsKey("shortcut", 0, 10, false),
            new StatisticsKey("to_k", 0, 8, true),
            new StatisticsKey("to_k", 0, 8, false),
            new StatisticsKey("to_v", 0, 8, true),
            new StatisticsKey("time", 0, 3, false));

    @TempDir
    Path dir;

    private final Graph graph = SmallNetwork.graph();
    private InstrumentedExecutor executor;
    private Instrumented model;

    @BeforeEach
    void compile() {
        executor = Executors.instrumented();
        model = executor.compile(graph, SmallNetwork.weights(graph));
    }

    @AfterEach
    void close() {
        executor.close();
    }

    private ActivationStatistics collect(CalibrationSet set, int batchRows) {
        return new StatisticsCollector(graph, KEYS, MOMENTUM, batchRows, set).collect(model, Progress.SILENT);
    }

    @ParameterizedTest(name = "batches of {0} rows")
    @ValueSource(ints = {1, 2, 5, 64})
    void equalsLoopsOverRows(int batchRows) {
        CalibrationSet set = SmallNetwork.set(dir, SAMPLES, 2);

        ActivationStatistics statistics = collect(set, batchRows);

        Map<StatisticsKey, List<List<float[]>>> rows = observed(set);
        for (StatisticsKey key : KEYS) {
            check(statistics.get(key), rows.get(key), batchRows);
        }
    }

    /** By key, row and channel: the values that count. */
    private Map<StatisticsKey, List<List<float[]>>> observed(CalibrationSet set) {
        Map<StatisticsKey, List<List<float[]>>> all = new HashMap<>();
        set.forEachRow(row -> {
            Map<String, Tensor> values = new HashMap<>();
            model.run(row.inputs(), graph.outputs().keySet(), new Observer() {
                @Override
                public boolean watches(String id) {
                    return true;
                }

                @Override
                public void observe(String id, Tensor value) {
                    values.put(id, Tensor.of(value.shape(), value.toFloatArray()));
                }
            });
            for (StatisticsKey key : KEYS) {
                Tensor value = values.get(graph.node(key.layer()).inputs().get(0));
                all.computeIfAbsent(key, k -> new ArrayList<>()).add(channels(value, key));
            }
        });
        return all;
    }

    private static List<float[]> channels(Tensor value, StatisticsKey key) {
        boolean image = value.shape().rank() == 4;
        int channels = value.shape().dim(image ? 1 : -1);
        float[] flat = value.toFloatArray();
        int places = flat.length / channels;
        int skipped = key.withoutFirstToken() ? 1 : 0;
        List<float[]> out = new ArrayList<>();
        for (int c = key.from(); c < key.to(); c++) {
            float[] channel = new float[places - skipped];
            for (int i = skipped; i < places; i++) {
                channel[i - skipped] = image ? flat[c * places + i] : flat[i * channels + c];
            }
            out.add(channel);
        }
        return out;
    }

    private static void check(TensorStatistics found, List<List<float[]>> rows, int batchRows) {
        Histogram histogram = new Histogram();
        float[] channelMax = new float[rows.get(0).size()];
        double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        double[] running = null;
        double[] batch = range.clone();
        long count = 0;
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < channelMax.length; c++) {
                for (float value : rows.get(r).get(c)) {
                    widen(range, value);
                    widen(batch, value);
                    histogram.cover(Math.abs(value));
                    histogram.add(value);
                    channelMax[c] = Math.max(channelMax[c], Math.abs(value));
                    count++;
                }
            }
            if ((r + 1) % batchRows == 0 || r + 1 == rows.size()) {
                for (int side = 0; side < 2 && running != null; side++) {
                    running[side] = MOMENTUM * running[side] + (1 - MOMENTUM) * batch[side];
                }
                running = running == null ? batch : running;
                batch = new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
            }
        }
        assertThat(found.count()).isEqualTo(count);
        assertThat(new double[] {found.min(), found.max()}).containsExactly(range);
        assertThat(new double[] {found.runningMin(), found.runningMax()}).containsExactly(running);
        assertThat(found.channelAbsMax()).containsExactly(channelMax);
        assertThat(found.histogram().limit()).isEqualTo(histogram.limit());
        assertThat(found.histogram().counts()).containsExactly(histogram.counts());
    }

    private static void widen(double[] range, float value) {
        range[0] = Math.min(range[0], value);
        range[1] = Math.max(range[1], value);
    }

    @Test
    void shardsDoNotChangeTheBatches() {
        ActivationStatistics few = collect(SmallNetwork.set(dir.resolve("a"), SAMPLES, 1), 2);
        ActivationStatistics many = collect(SmallNetwork.set(dir.resolve("b"), SAMPLES, 5), 2);
        for (StatisticsKey key : KEYS) {
            assertThat(few.get(key).runningMin()).isEqualTo(many.get(key).runningMin());
            assertThat(few.get(key).runningMax()).isEqualTo(many.get(key).runningMax());
            assertThat(few.get(key).histogram().counts())
                    .containsExactly(many.get(key).histogram().counts());
        }
    }

    @ParameterizedTest(name = "batches of {0} rows")
    @ValueSource(ints = {1, 5})
    void eachBucketHoldsTheExtremesOfItsTimesteps(int batchRows) {
        List<Double> timesteps = List.of(999.0, 812.5, 600.0, 420.25, 200.0, 1.0);
        List<Map<String, Tensor>> inputs =
                IntStream.range(0, 12).mapToObj(SmallNetwork::inputs).toList();
        CalibrationSet set = SmallNetwork.set(dir, inputs, timesteps, 1);

        ActivationStatistics found = collect(set, batchRows);

        assertThat(found.buckets()).isEqualTo(TimestepBuckets.of(timesteps));
        StatisticsKey key = KEYS.get(0);
        // Shares of six timesteps in four buckets: 1, 2, 1, 2.
        int[] buckets = {0, 1, 1, 2, 3, 3};
        float[][] least = new float[4][4];
        float[][] most = new float[4][4];
        for (int b = 0; b < least.length; b++) {
            Arrays.fill(least[b], Float.POSITIVE_INFINITY);
            Arrays.fill(most[b], Float.NEGATIVE_INFINITY);
        }
        set.forEachRow(row -> {
            List<float[]> channels = channels(row.inputs().get("sample"), key);
            int bucket = buckets[row.step()];
            for (int c = 0; c < channels.size(); c++) {
                for (float value : channels.get(c)) {
                    least[bucket][c] = Math.min(least[bucket][c], value);
                    most[bucket][c] = Math.max(most[bucket][c], value);
                }
            }
        });
        assertThat(found.get(key).bucketMin()).isDeepEqualTo(least);
        assertThat(found.get(key).bucketMax()).isDeepEqualTo(most);
        assertThat(most[0]).isNotEqualTo(most[3]);
    }

    @Test
    void oneTimestepIsOneBucket() {
        ActivationStatistics found = collect(SmallNetwork.set(dir, SAMPLES, 2), 2);
        assertThat(found.buckets().ranges()).containsExactly(new TimestepBuckets.Range(999, 999));
        assertThat(found.get(KEYS.get(0)).bucketMax())
                .isDeepEqualTo(new float[][] {found.get(KEYS.get(0)).channelMax()});
    }

    @Test
    void layersThatReadTheSameShareOneCount() {
        ActivationStatistics statistics = collect(SmallNetwork.set(dir, SAMPLES, 2), 2);
        assertThat(statistics.get(KEYS.get(6))).isSameAs(statistics.get(KEYS.get(4)));
        assertThat(statistics.get(KEYS.get(5))).isNotSameAs(statistics.get(KEYS.get(4)));
    }

    @Test
    void namesTheValueThatIsNotFinite() {
        Map<String, Tensor> inputs = new LinkedHashMap<>(SmallNetwork.inputs(0));
        float[] text = inputs.get("encoder_hidden_states").toFloatArray();
        text[text.length - 1] = Float.NaN;
        inputs.put("encoder_hidden_states", Tensor.of(Shape.of(1, 5, 8), text));
        CalibrationSet set = SmallNetwork.set(dir, List.of(inputs), 1);

        assertThatThrownBy(() -> collect(set, 2))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("not finite at 'encoder_hidden_states'");
    }
}
