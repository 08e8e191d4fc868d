package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.random.TorchRandom;

class NoiseSourceTest {
    @Test
    void oneGeneratorGoesThroughStartAndSteps() {
        TorchRandom random = new TorchRandom(7);
        NoiseSource noise = NoiseSource.seeded(7);

        assertThat(noise.start(576)).containsExactly(random.normal(576));
        assertThat(noise.step(0, 576)).containsExactly(random.normal(576));
        assertThat(noise.step(3, 576)).as("the step's number draws nothing").containsExactly(random.normal(576));
    }

    @Test
    void seedsGiveDifferentNoise() {
        assertThat(NoiseSource.seeded(1).start(32))
                .isNotEqualTo(NoiseSource.seeded(2).start(32));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void aRequestRefusesGuidanceThatMakesNoSense(double guidance) {
        assertThatThrownBy(() -> new TextToImage.Request("a", Optional.empty(), 1, Optional.empty(), guidance))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--guidance");
    }

    @Test
    void aRequestNeedsStepsUnlessItHasTimesteps() {
        assertThatThrownBy(() -> new TextToImage.Request("a", Optional.empty(), 0, Optional.empty(), 0))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--steps");
        assertThat(new TextToImage.Request("a", Optional.empty(), 0, Optional.of(new double[] {999}), 0).steps())
                .isZero();
    }
}
