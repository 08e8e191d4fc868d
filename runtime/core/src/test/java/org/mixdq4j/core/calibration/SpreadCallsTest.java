package org.mixdq4j.core.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpreadCallsTest {
    @ParameterizedTest(name = "{0} samples, {1} steps, {2} rows, {3} calls")
    @CsvSource({
        "32, 12, 2, 16",
        "16, 4, 1, 16",
        "5, 1, 1, 3",
        "3, 4, 2, 16",
        "2, 50, 2, 16",
        "1, 3, 1, 2",
        "64, 4, 1, 7"
    })
    void everyTimestepHasItsShareOfCalls(int samples, int steps, int rows, int most) {
        Set<Integer> positions = SpreadCalls.of(samples, steps, rows, most);

        assertThat(positions).hasSize(most).allMatch(position -> position >= 0 && position < samples * steps * rows);
        int[] calls = new int[steps];
        Set<Integer> sides = new TreeSet<>();
        Set<Integer> seen = new TreeSet<>();
        for (int position : positions) {
            calls[position / rows % steps]++;
            sides.add(position % rows);
            seen.add(position / rows / steps);
        }
        for (int count : calls) {
            assertThat(count).isBetween(most / steps, (most + steps - 1) / steps);
        }
        assertThat(sides).hasSize(rows);
        assertThat(seen.size()).isGreaterThanOrEqualTo(Math.min(samples, most) * 2 / 3);
    }

    @ParameterizedTest(name = "at most {0}")
    @CsvSource({"24", "25", "1000"})
    void ofFewCallsAllAreTaken(int most) {
        assertThat(SpreadCalls.of(3, 4, 2, most))
                .containsExactlyElementsOf(IntStream.range(0, 24).boxed().toList());
    }
}
