package org.mixdq4j.sensitivity.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.artifact.sensitivity.SensitivityFolder.Part;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.sensitivity.LinearNet;
import org.mixdq4j.sensitivity.measure.Unit;
import org.mixdq4j.sensitivity.variant.Variant;

/** How work is shared among threads, and among how many. */
class ShareTest {
    private static Share share(int unit, int variants) {
        return new Share(
                new Unit(unit, 0, List.of()),
                IntStream.range(0, variants)
                        .mapToObj(i -> new Variant("layer" + i, Part.WEIGHTS, 4))
                        .toList());
    }

    @Test
    void oneUnitKeepsAllThreadsBusy() {
        Share whole = share(3, 1000);
        List<Share> divided = Share.divide(List.of(whole), 4);
        assertThat(divided).hasSize(16).allMatch(some -> some.unit() == whole.unit());
        assertThat(divided)
                .allMatch(
                        some -> some.variants().size() == 62 || some.variants().size() == 63);
        assertThat(divided.stream().flatMap(some -> some.variants().stream()))
                .containsExactlyInAnyOrderElementsOf(whole.variants());
    }

    @Test
    void whatIsNotWorthIsNotDivided() {
        assertThat(Share.divide(List.of(share(0, 1000)), 1)).hasSize(1);
        assertThat(Share.divide(List.of(share(0, 31)), 8)).containsExactly(share(0, 31));
        assertThat(Share.divide(List.of(share(0, 32)), 8)).hasSize(2);
        List<Share> enough =
                IntStream.range(0, 32).mapToObj(i -> share(i, 1000)).toList();
        assertThat(Share.divide(enough, 8)).isEqualTo(enough);
        assertThat(Share.divide(List.of(), 8)).isEmpty();
    }

    @Test
    void asManyThreadsAsCoresButNoMoreThanCanRecord() {
        int cores = Runtime.getRuntime().availableProcessors();
        Graph graph = new LinearNet(6, 8, 5, 7).graph();
        // 3 tokens of 8 + 5 + 7 floats.
        long bytes = 240;
        assertThat(Threads.of(OptionalInt.of(9), graph, 1, 0)).isEqualTo(9);
        assertThat(Threads.of(OptionalInt.empty(), graph, 1, 0)).isEqualTo(1);
        assertThat(Threads.of(OptionalInt.empty(), graph, 1, 2 * bytes - 1)).isEqualTo(1);
        assertThat(Threads.of(OptionalInt.empty(), graph, 1, 2 * bytes)).isEqualTo(Math.min(2, cores));
        assertThat(Threads.of(OptionalInt.empty(), graph, 2, 2 * bytes)).isEqualTo(1);
        assertThat(Threads.of(OptionalInt.empty(), graph, 2, Long.MAX_VALUE)).isEqualTo(cores);
    }
}
