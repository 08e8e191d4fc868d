package org.mixdq4j.core.artifact.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
                "1   | 4 | 2   | 1 3",
                "32  | 12 | 2  | 99 297"
            })
    void chosen(int samples, int steps, int count, String expected) {
        assertThat(Spread.of(samples, steps, 1, count).stream().map(String::valueOf))
                .containsExactly(expected.split(" "));
    }

    @Test
    void stepsAndSamplesAreEvenlyMetWhateverTheNumbers() {
        for (int samples = 1; samples <= 12; samples++) {
            for (int steps = 1; steps <= 5; steps++) {
                for (int count = 1; count <= samples * steps; count++) {
                    List<Integer> units = List.copyOf(Spread.of(samples, steps, 1, count));
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

    @ParameterizedTest(name = "{0} samples, {1} steps, {2} sides, {3} rows")
    @CsvSource({
        "32, 12, 2, 16",
        "16, 4, 1, 16",
        "5, 1, 1, 3",
        "3, 4, 2, 16",
        "2, 50, 2, 16",
        "1, 3, 1, 2",
        "64, 4, 1, 7",
        "64, 12, 2, 48"
    })
    void everyTimestepAndSideHasItsShare(int samples, int steps, int sides, int most) {
        Set<Integer> positions = Spread.of(samples, steps, sides, most);

        assertThat(positions).hasSize(most).allMatch(position -> position >= 0 && position < samples * steps * sides);
        int[] calls = new int[steps];
        int[] ofSide = new int[sides];
        Set<Integer> seen = new TreeSet<>();
        for (int position : positions) {
            calls[position / sides % steps]++;
            ofSide[position % sides]++;
            seen.add(position / sides / steps);
        }
        for (int count : calls) {
            assertThat(count).isBetween(most / steps, (most + steps - 1) / steps);
        }
        for (int count : ofSide) {
            assertThat(count).isBetween(most / sides - steps, most / sides + steps);
        }
        assertThat(seen).hasSize(Math.min(samples, most));
    }

    @ParameterizedTest(name = "at most {0}")
    @CsvSource({"24", "25", "1000"})
    void ofFewRowsAllAreTaken(int most) {
        assertThat(Spread.of(3, 4, 2, most))
                .containsExactlyElementsOf(IntStream.range(0, 24).boxed().toList());
    }
}
