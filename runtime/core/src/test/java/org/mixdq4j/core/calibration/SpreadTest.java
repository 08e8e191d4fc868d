package org.mixdq4j.core.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpreadTest {
    @ParameterizedTest(name = "{2} of {0} samples of {1} steps")
    @CsvSource(
            delimiter = '|',
            value = {
                "1   | 1 | 1   | 0",
                "4   | 1 | 4   | 0 1 2 3",
                "4   | 1 | 9   | 0 1 2 3",
                "10  | 1 | 1   | 5",
                "10  | 1 | 2   | 2 7",
                "9   | 1 | 3   | 1 4 7",
                "100 | 1 | 3   | 16 50 83",
                "8   | 4 | 4   | 4 13 22 31",
                "2   | 4 | 4   | 0 1 6 7",
                "2   | 3 | 6   | 0 1 2 3 4 5",
                "1   | 4 | 2   | 0 1"
            })
    void chosen(int samples, int steps, int count, String expected) {
        assertThat(Spread.of(samples, steps, count).stream().map(String::valueOf))
                .containsExactly(expected.split(" "));
    }

    @Test
    void stepsAndSamplesAreEvenlyMetWhateverTheNumbers() {
        for (int samples = 1; samples <= 12; samples++) {
            for (int steps = 1; steps <= 5; steps++) {
                for (int count = 1; count <= samples * steps; count++) {
                    List<Integer> units = List.copyOf(Spread.of(samples, steps, count));
                    assertThat(units).hasSize(count).isSorted().doesNotHaveDuplicates();
                    assertThat(units).allMatch(unit -> unit >= 0);
                    int each = steps;
                    spread(units.stream().map(unit -> unit % each).toList(), steps);
                    spread(units.stream().map(unit -> unit / each).toList(), samples);
                }
            }
        }
    }

    private static void spread(List<Integer> met, int of) {
        TreeMap<Integer, Long> times =
                met.stream().collect(Collectors.groupingBy(i -> i, TreeMap::new, Collectors.counting()));
        assertThat(times.lastKey()).isLessThan(of);
        long fewest = times.size() < of
                ? 0
                : times.values().stream().min(Long::compare).orElseThrow();
        assertThat(times.values()).allMatch(count -> count <= fewest + 1);
    }
}
