package org.mixdq4j.torch.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;

class LookupsTest {
    private final Random random = new Random(10);

    @ParameterizedTest(name = "id {0}")
    @CsvSource({"5", "-1"})
    void embeddingRefusesIdsOutsideItsTable(long id) {
        MemoryWeights weights = new MemoryWeights().put("op.weight", MemoryWeights.random(Shape.of(5, 3), random));
        assertThatThrownBy(() -> OneOp.run(new Embedding(5, 3), weights, Tensor.ofLongs(Shape.of(1, 2), 0, id)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5 rows")
                .hasMessageContaining("row " + id);
    }

    @ParameterizedTest(name = "{0} features, flip {1}, shift {2}")
    @CsvSource({"8,false,0,10000", "320,true,0,10000", "7,true,1,5000"})
    void timestepEmbedding(int features, boolean flip, double shift, double period) {
        Tensor t = Tensor.of(Shape.of(3), 0, 999, 13.5f);
        Tensor y = OneOp.run(new TimestepEmbedding(features, flip, shift, period), new MemoryWeights(), t);
        int half = features / 2;
        double[] expected = new double[3 * features];
        for (int n = 0; n < 3; n++) {
            for (int i = 0; i < half; i++) {
                double angle = t.floats().get(n) * Math.exp(-Math.log(period) * i / (half - shift));
                expected[n * features + (flip ? half : 0) + i] = Math.sin(angle);
                expected[n * features + (flip ? 0 : half) + i] = Math.cos(angle);
            }
        }
        // Half a unit in the last place of an angle of 999, of its frequency and of the exponent before it.
        assertThat(Compare.error(y, expected)).isLessThan(999 * 0x1p-23 * 4);
        for (int n = 0; n < 3 && features % 2 == 1; n++) {
            assertThat(y.floats().get(n * features + features - 1)).isZero();
        }
    }
}
