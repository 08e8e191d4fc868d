package org.mixdq4j.ptq.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mixdq4j.ptq.forms.NetworkBytes;

class PtqSummaryTest {
    @Test
    void theWorstComeFirstAndOneWithoutARatioBeforeAll() {
        Map<String, Double> alone = Map.of(
                "good", 60.0, "bad", -3.0, "broken", Double.NaN, "tied.b", 20.0, "tied.a", 20.0, "exact", 1 / 0.0);
        PtqSummary summary = new PtqSummary(
                new NetworkBytes(Map.of("W8A8", 6), Map.of(), 8, 8),
                0,
                0,
                0,
                alone,
                Map.of(),
                Map.of(),
                0,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty());

        assertThat(summary.worst(9))
                .extracting(Map.Entry::getKey)
                .containsExactly("broken", "bad", "tied.a", "tied.b", "good", "exact");
        assertThat(summary.worst(2)).hasSize(2);
    }
}
