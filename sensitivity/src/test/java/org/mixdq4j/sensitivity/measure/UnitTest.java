package org.mixdq4j.sensitivity.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.sensitivity.PreparedSets;

/** Which steps of which samples are measured on. */
class UnitTest {
    @Test
    void readsTheNegativeSideFirst() {
        CalibrationSet set = PreparedSets.guided();
        List<float[]> samples = new ArrayList<>();
        List<float[]> texts = new ArrayList<>();
        set.forEachRow(row -> {
            samples.add(row.inputs().get("sample").toFloatArray());
            texts.add(row.inputs().get("encoder_hidden_states").toFloatArray());
        });
        assertThat(samples).hasSize(4);
        List<Unit> units = Unit.read(set, Set.of(1));
        assertThat(units).hasSize(1);
        assertThat(units.get(0).index()).isEqualTo(1);
        assertThat(units.get(0).step()).isEqualTo(1);
        assertThat(units.get(0).rows()).hasSize(2);
        for (int row = 0; row < 2; row++) {
            assertThat(units.get(0).rows().get(row).get("sample").toFloatArray())
                    .isEqualTo(samples.get(2 + row));
            assertThat(units.get(0).rows().get(row).get("encoder_hidden_states").toFloatArray())
                    .isEqualTo(texts.get(2 + row));
        }
        assertThat(texts.get(2)).isNotEqualTo(texts.get(3));
    }

    @Test
    void readsInTheOrderOfTheSet() {
        assertThat(Unit.read(PreparedSets.calibration(), Set.of(2, 0)))
                .extracting(Unit::index)
                .containsExactly(0, 2);
    }
}
