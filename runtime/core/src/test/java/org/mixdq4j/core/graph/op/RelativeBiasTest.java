package org.mixdq4j.core.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class RelativeBiasTest {
    private static final int FARTHEST = 400;

    /** relative_buckets.csv holds what transformers' T5 gives, also for tables nobody published. */
    @ParameterizedTest(name = "{0} buckets to {1}")
    @CsvFileSource(resources = "relative_buckets.csv")
    void bucketsAreThoseOfTransformers(int buckets, int maxDistance, String runs) {
        List<Integer> expected = new ArrayList<>();
        for (String run : runs.split(" ")) {
            String[] parts = run.split(":");
            for (int i = 0; i < Integer.parseInt(parts[1]); i++) {
                expected.add(Integer.parseInt(parts[0]));
            }
        }
        RelativeBias bias = new RelativeBias(1, 1, buckets, maxDistance);
        List<Integer> found = new ArrayList<>();
        for (int offset = -FARTHEST; offset <= FARTHEST; offset++) {
            found.add(bias.bucket(offset));
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void refusesTablesThatHoldNoDistances() {
        assertThatThrownBy(() -> new RelativeBias(1, 1, 30, 128)).hasMessageContaining("a multiple of 4");
        assertThatThrownBy(() -> new RelativeBias(1, 1, 32, 8)).hasMessageContaining("32 buckets cannot hold");
    }
}
