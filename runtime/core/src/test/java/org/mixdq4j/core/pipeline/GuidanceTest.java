package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class GuidanceTest {
    private static final Tensor NEGATIVE = Tensor.of(Shape.of(4), new float[] {0.5f, -1, 2, 0});
    private static final Tensor POSITIVE = Tensor.of(Shape.of(4), new float[] {1, 0, 1, -0.5f});

    /** Numbers of diffusers' rescale_noise_cfg on these outputs, scale 5. */
    @Test
    void rescalingBringsTheSpreadBack() {
        List<Tensor> outputs = List.of(NEGATIVE, POSITIVE);
        float[] guided = Guidance.combine(outputs, 5, 0);
        assertThat(guided).containsExactly(3, 4, -3, -2.5f);
        float[] rescaled = Guidance.combine(outputs, 5, 0.7);
        float[] expected = {1.3330263f, 1.7773684f, -1.3330263f, -1.1108553f};
        for (int i = 0; i < expected.length; i++) {
            assertThat(rescaled[i]).isCloseTo(expected[i], within(2e-6f));
        }
    }

    @Test
    void oneSideIsLeftAlone() {
        assertThat(Guidance.combine(List.of(POSITIVE), 5, 0.7)).containsExactly(1, 0, 1, -0.5f);
    }
}
