package org.mixdq4j.core.quantize.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.quantize.statistics.TimestepBuckets.Range;

class TimestepBucketsTest {
    @ParameterizedTest(name = "{0} timesteps")
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 12, 28, 50})
    void bucketsHoldNearlyEquallyManyTimestepsInOrder(int count) {
        List<Double> timesteps =
                IntStream.range(0, count).mapToObj(i -> 1000 - 7.5 * i).toList();

        TimestepBuckets buckets = TimestepBuckets.of(timesteps);

        int[] sizes = new int[Math.min(4, count)];
        int last = 0;
        for (double timestep : timesteps) {
            int bucket = buckets.indexOf(timestep);
            assertThat(bucket).isGreaterThanOrEqualTo(last);
            last = bucket;
            sizes[bucket]++;
        }
        assertThat(buckets.count()).isEqualTo(sizes.length);
        for (int size : sizes) {
            assertThat(size).isBetween(count / sizes.length, (count + sizes.length - 1) / sizes.length);
        }
    }

    @Test
    void orderAndRepetitionDoNotMatter() {
        List<Double> timesteps = new ArrayList<>(List.of(999.0, 749.5, 500.0, 250.0, 1.0));
        TimestepBuckets once = TimestepBuckets.of(timesteps);
        timesteps.addAll(0, List.of(1.0, 500.0, 500.0));

        assertThat(TimestepBuckets.of(timesteps)).isEqualTo(once);
        assertThat(once.ranges())
                .containsExactly(new Range(999, 999), new Range(749.5, 749.5), new Range(500, 500), new Range(1, 250));
        assertThat(once.ranges().get(3)).hasToString("1.0 to 250.0");
    }

    @Test
    void aTimestepOfNoBucketIsRefusedButTheWholeHoldsAll() {
        TimestepBuckets buckets = TimestepBuckets.of(List.of(999.0, 500.0));

        assertThatThrownBy(() -> buckets.indexOf(700))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timestep 700");
        assertThat(TimestepBuckets.whole().indexOf(-3)).isZero();
        assertThat(TimestepBuckets.of(List.of())).isEqualTo(TimestepBuckets.whole());
    }
}
