package org.mixdq4j.core.quantize.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorStatisticsTest {
    private static final double MOMENTUM = 0.95;

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() * (1 + i % 7);
        }
        return values;
    }

    @ParameterizedTest(name = "batch {0}, channels {1}, plane {2}, counted [{3}, {4})")
    @CsvSource({"2, 5, 6, 0, 5", "3, 5, 6, 2, 4", "1, 4, 1, 1, 4", "4, 1, 9, 0, 1"})
    void imagesEqualBruteForce(int batch, int channels, int plane, int from, int to) {
        float[] values = random(batch * channels * plane, 1);
        TensorStatistics statistics = new TensorStatistics(to - from);

        statistics.add(values, channels, plane, from, to, 0, 1);

        List<Float> counted = new ArrayList<>();
        float[] channelMax = new float[to - from];
        for (int i = 0; i < values.length; i++) {
            int channel = i / plane % channels;
            if (channel >= from && channel < to) {
                counted.add(values[i]);
                channelMax[channel - from] = Math.max(channelMax[channel - from], Math.abs(values[i]));
            }
        }
        equal(statistics, counted, channelMax);
    }

    @ParameterizedTest(name = "{0} sequences of {1} tokens, features {2}, counted [{3}, {4}), first token {5}")
    @CsvSource({"2, 4, 6, 0, 6, false", "2, 4, 6, 0, 6, true", "3, 5, 6, 2, 3, true", "1, 77, 8, 0, 8, true"})
    void tokensEqualBruteForce(int batch, int tokens, int features, int from, int to, boolean skipFirst) {
        float[] values = random(batch * tokens * features, 2);
        TensorStatistics statistics = new TensorStatistics(to - from);

        statistics.add(values, features, 1, from, to, skipFirst ? 1 : 0, skipFirst ? tokens : 1);

        List<Float> counted = new ArrayList<>();
        float[] channelMax = new float[to - from];
        for (int i = 0; i < values.length; i++) {
            int token = i / features % tokens;
            int feature = i % features;
            if (feature >= from && feature < to && !(skipFirst && token == 0)) {
                counted.add(values[i]);
                channelMax[feature - from] = Math.max(channelMax[feature - from], Math.abs(values[i]));
            }
        }
        equal(statistics, counted, channelMax);
    }

    private static void equal(TensorStatistics statistics, List<Float> values, float[] channelMax) {
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        Histogram histogram = new Histogram();
        for (float value : values) {
            min = Math.min(min, value);
            max = Math.max(max, value);
            histogram.cover(Math.abs(value));
            histogram.add(value);
        }
        assertThat(statistics.count()).isEqualTo(values.size());
        assertThat(statistics.min()).isEqualTo(min);
        assertThat(statistics.max()).isEqualTo(max);
        assertThat(statistics.channelAbsMax()).containsExactly(channelMax);
        assertThat(statistics.histogram().limit()).isEqualTo(histogram.limit());
        assertThat(statistics.histogram().counts()).containsExactly(histogram.counts());
    }

    @Test
    void onePieceOrManyIsTheSame() {
        float[] values = random(60, 3);
        TensorStatistics whole = new TensorStatistics(5);
        whole.add(values, 5, 1, 0, 5, 0, 1);
        TensorStatistics pieces = new TensorStatistics(5);
        for (int i = 0; i < values.length; i += 5) {
            pieces.add(java.util.Arrays.copyOfRange(values, i, i + 5), 5, 1, 0, 5, 0, 1);
        }
        whole.endBatch(MOMENTUM);
        pieces.endBatch(MOMENTUM);

        assertThat(pieces.count()).isEqualTo(whole.count());
        assertThat(pieces.histogram().counts())
                .containsExactly(whole.histogram().counts());
        assertThat(pieces.channelAbsMax()).containsExactly(whole.channelAbsMax());
        assertThat(pieces.runningMin()).isEqualTo(whole.runningMin());
    }

    @Test
    void channelsHaveExtremesInEachBucketAndTheOverallOnesAreTheExtremesOfThose() {
        TensorStatistics statistics = new TensorStatistics(2, 3);
        statistics.add(0, new float[] {1, -2, 3, 4}, 2, 1, 0, 2, 0, 1);
        statistics.add(2, new float[] {-5, 0.5f}, 2, 1, 0, 2, 0, 1);

        assertThat(statistics.channelAbsMax(0)).containsExactly(3, 4);
        assertThat(statistics.channelAbsMax(1)).containsExactly(0, 0);
        assertThat(statistics.channelAbsMax(2)).containsExactly(5, 0.5f);
        assertThat(statistics.channelMin()).containsExactly(-5, -2);
        assertThat(statistics.channelMax()).containsExactly(3, 4);
        assertThat(statistics.channelAbsMax()).containsExactly(5, 4);
        assertThat(statistics.bucketMin()[2]).containsExactly(-5, 0.5f);
        assertThat(statistics.count()).isEqualTo(6);
    }

    /** MixDQ: the first batch's extremes are the state, every later one moves it by 1 - momentum. */
    @Test
    void theRunningRangeIsAnExponentialMovingAverageOfBatches() {
        TensorStatistics statistics = new TensorStatistics(1);
        float[][] batches = {{-1, 4}, {-3, 2}, {0.5f, 10}};
        double low = -1;
        double high = 4;
        for (int i = 0; i < batches.length; i++) {
            for (float value : batches[i]) {
                statistics.add(new float[] {value}, 1, 1, 0, 1, 0, 1);
            }
            statistics.endBatch(MOMENTUM);
            if (i > 0) {
                low = 0.95 * low + (1 - 0.95) * batches[i][0];
                high = 0.95 * high + (1 - 0.95) * batches[i][1];
            }
            assertThat(statistics.runningMin()).isEqualTo(low);
            assertThat(statistics.runningMax()).isEqualTo(high);
        }
        assertThat(statistics.min()).isEqualTo(-3);
        assertThat(statistics.max()).isEqualTo(10);
    }

    @Test
    void anEmptyBatchMovesNothing() {
        TensorStatistics statistics = new TensorStatistics(1);
        statistics.endBatch(MOMENTUM);
        assertThat(statistics.runningMin()).isNaN();
        statistics.add(new float[] {2}, 1, 1, 0, 1, 0, 1);
        statistics.endBatch(MOMENTUM);
        statistics.endBatch(MOMENTUM);
        assertThat(statistics.runningMin()).isEqualTo(2);
    }

    @Test
    void sequencesOfOneTokenLeaveNothingWithoutTheirFirst() {
        TensorStatistics statistics = new TensorStatistics(2);
        statistics.add(new float[] {1, 2}, 2, 1, 0, 2, 1, 1);
        assertThat(statistics.count()).isZero();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesWhatIsNotFinite(float value) {
        TensorStatistics statistics = new TensorStatistics(1);
        assertThatThrownBy(() -> statistics.add(new float[] {1, value, 2}, 1, 1, 0, 1, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(statistics.count()).isZero();
    }
}
