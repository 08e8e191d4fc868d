package org.mixdq4j.ptq.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class InputExtremesTest {
    private final Graph graph = graph();
    private final InputExtremes extremes = new InputExtremes(graph.layers());

    private static Graph graph() {
        GraphBuilder builder = new GraphBuilder("one layer");
        GraphBuilder.Value in = builder.input("in", DType.F32, Shape.of(1, 2));
        builder.output("out", builder.add("layer", new Linear(2, 1, false), in));
        return builder.build();
    }

    private void see(float low, float high) {
        assertThat(extremes.watches("in")).isTrue();
        extremes.observe("in", Tensor.of(Shape.of(1, 2), new float[] {high, low}));
    }

    private AffineParams range(double margin) {
        return extremes.range(graph.node("layer"), margin, 8);
    }

    private static double least(AffineParams range) {
        return range.dequantize(0);
    }

    private static double most(AffineParams range) {
        return range.dequantize(255);
    }

    @Test
    void leavesRoomWherePicturesDiffer() {
        see(-0.25f, 2);
        see(-0.25f, 4);
        see(-0.25f, 6);
        see(-0.25f, 4);
        // Mean 4, standard deviation sqrt(2); the lower ends are all alike.
        AffineParams range = range(6);
        assertThat(most(range)).isCloseTo(4 + 6 * Math.sqrt(2), within(2.0 * range.scale()));
        assertThat(least(range)).isCloseTo(-0.25, within(1.0 * range.scale()));
    }

    @Test
    void holdsWhatWasSeenWhateverTheMargin() {
        see(-9, 1);
        see(-1, 1);
        for (double margin : new double[] {0, 0.5}) {
            AffineParams range = range(margin);
            assertThat(least(range)).isCloseTo(-9, within(1.0 * range.scale()));
            assertThat(most(range)).isCloseTo(1, within(1.0 * range.scale()));
        }
        assertThat(least(range(3))).as("mean 5, deviation 4").isCloseTo(-17, within(2.0 * range(3).scale()));
    }

    @Test
    void knowsNoSpreadOfOnePicture() {
        see(-1, 3);
        assertThat(range(6)).isEqualTo(AffineParams.ofRange(-1, 3, 8));
    }

    @Test
    void refusesWhatIsNoNumber() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertThatThrownBy(() -> see(bad, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("in");
            assertThatThrownBy(() -> see(0, bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
