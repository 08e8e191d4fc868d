package org.mixdq4j.core.network.mmdit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.SinCosGrid;
import org.mixdq4j.core.network.CheckpointNames;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.Shipped;
import org.mixdq4j.core.safetensors.SafetensorsFolder;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.LeftOut;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Positions are those of the checkpoint where it stores them, else the sinusoids they are made from. */
class PositionsTest {
    private static final String NAME = "pos_embed.pos_embed";
    /** Half a step of FP16 below 1, and float32's rounding of coordinates. */
    private static final float ROUNDING = 0x1p-12f + 1e-6f;

    @ParameterizedTest
    @ValueSource(strings = {"fixtures/mmdit_sd3", "models/tiny-sd3/transformer"})
    void theFormulaGivesWhatCheckpointsStore(String folder) {
        Graph graph = Networks.build(Shipped.config(folder), new NetworkShape(1, 8, 8, 7));
        SinCosGrid formula = graph.formulas().get(NAME);
        try (SafetensorsFolder weights = SafetensorsFolder.open(Shipped.path(folder))) {
            Tensor stored = weights.tensor(NAME);
            assertThat(stored.dtype()).isEqualTo(DType.F16);
            assertThat(formula.shape()).isEqualTo(stored.shape());
            assertThat(formula.values().toFloatArray()).containsExactly(stored.toFloatArray(), within(ROUNDING));

            WeightSource whole = CheckpointNames.adapt(weights, graph);
            assertThat(whole.tensor(NAME).dtype()).isEqualTo(DType.F16);
            WeightSource without = CheckpointNames.adapt(new LeftOut(weights, Set.of(NAME)), graph);
            assertThat(without.names()).containsExactlyElementsOf(whole.names());
            assertThat(without.dtype(NAME)).isEqualTo(DType.F32);
            assertThat(without.shape(NAME)).isEqualTo(whole.shape(NAME));
            assertThat(without.tensor(NAME).floats()).isEqualTo(formula.values().floats());
        }
    }
}
