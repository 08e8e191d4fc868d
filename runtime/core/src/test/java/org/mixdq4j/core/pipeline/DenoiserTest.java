package org.mixdq4j.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.scheduler.Scheduler;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class DenoiserTest {
    private static final float[] TIME_IDS = {96, 96, 0, 0, 96, 96};
    private final List<String> asked = new ArrayList<>();
    private final List<DenoiseStep> seen = new ArrayList<>();

    /** Three steps whose arithmetic is plain: inputs are halved, outputs subtracted, noise (at steps 0 and 2) added. */
    private final class PlainScheduler implements Scheduler {
        @Override
        public double[] timesteps() {
            return new double[] {900, 500, 100};
        }

        @Override
        public double[] sigmas() {
            return new double[0];
        }

        @Override
        public double initNoiseSigma() {
            return 4;
        }

        @Override
        public boolean addsNoise(int step) {
            return step != 1;
        }

        @Override
        public float[] scaleModelInput(float[] sample, int step) {
            float[] scaled = sample.clone();
            for (int i = 0; i < scaled.length; i++) {
                scaled[i] /= 2;
            }
            return scaled;
        }

        @Override
        public float[] denoised(float[] modelInput, float[] modelOutput, int step) {
            throw new UnsupportedOperationException();
        }

        @Override
        public float[] step(float[] output, int step, float[] sample, float[] noise) {
            float[] next = sample.clone();
            for (int i = 0; i < next.length; i++) {
                next[i] += (noise == null ? 0 : noise[i]) - output[i];
            }
            return next;
        }
    }

    private final NoiseSource noise = new NoiseSource() {
        @Override
        public float[] start(int count) {
            asked.add("start " + count);
            return new float[] {1, 2, 3, 4};
        }

        @Override
        public float[] step(int step, int count) {
            asked.add("step " + step + " " + count);
            return new float[] {step + 0.25f, 0, 0, 0};
        }
    };

    private static Conditioning text(float first) {
        return new Conditioning(
                Tensor.of(Shape.of(1, 2, 3), first, 0, 0, 0, 0, 0), Optional.of(Tensor.of(Shape.of(1, 2), first, 7)));
    }

    private Tensor denoise(FakeNetwork network, Optional<Conditioning> negative, double guidance) {
        return new Denoiser(network)
                .denoise(text(10), negative, TIME_IDS, guidance, 0, new PlainScheduler(), noise, seen::add);
    }

    @Test
    void followsTheScheduler() {
        FakeNetwork network = new FakeNetwork(Map.of());

        Tensor latents = denoise(network, Optional.empty(), 0);

        float x = 4;
        for (int step = 0; step < 3; step++) {
            float drawn = step == 1 ? 0 : step + 0.25f;
            float output = x / 2 + 10;
            DenoiseStep watched = seen.get(step);
            assertThat(watched.index()).isEqualTo(step);
            assertThat(watched.timestep()).isEqualTo(new double[] {900, 500, 100}[step]);
            assertThat(watched.inputs().get(0).get("sample").toFloatArray()[0]).isEqualTo(x / 2);
            assertThat(watched.guided().toFloatArray()[0]).isEqualTo(output);
            assertThat(watched.noise().map(n -> n.toFloatArray()[0]))
                    .isEqualTo(step == 1 ? Optional.empty() : Optional.of(drawn));
            x = x + (drawn - output);
            assertThat(watched.latents().toFloatArray()[0]).isEqualTo(x);
        }
        assertThat(latents.shape()).isEqualTo(FakeNetwork.LATENT);
        assertThat(latents.toFloatArray()[0]).isEqualTo(x);
        assertThat(asked).as("noise in order").containsExactly("start 4", "step 0 4", "step 2 4");
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.5, 2, 7.5})
    void guidanceGoesFromTheNegativeSidePastThePositive(double guidance) {
        FakeNetwork network = new FakeNetwork(Map.of());

        denoise(network, Optional.of(text(-3)), guidance);

        assertThat(network.calls).hasSize(6);
        DenoiseStep first = seen.get(0);
        assertThat(first.inputs()).hasSize(2);
        assertThat(first.outputs()).hasSize(2);
        assertThat(first.inputs().get(0).get("encoder_hidden_states").toFloatArray()[0])
                .as("row 0 is the negative one")
                .isEqualTo(-3);
        float negative = 2 - 3;
        float positive = 2 + 10;
        assertThat(first.outputs().get(0).toFloatArray()[0]).isEqualTo(negative);
        assertThat(first.outputs().get(1).toFloatArray()[0]).isEqualTo(positive);
        assertThat(first.guided().toFloatArray()[0]).isEqualTo(negative + (float) guidance * (positive - negative));
    }

    @Test
    void guidanceUpToOneIsNone() {
        FakeNetwork network = new FakeNetwork(Map.of());
        Denoiser denoiser = new Denoiser(network);

        assertThat(denoiser.guides(1)).isFalse();
        assertThat(denoiser.guides(0)).isFalse();
        assertThat(denoiser.guides(1.01)).isTrue();
        denoise(network, Optional.of(text(-3)), 1);
        assertThat(network.calls).as("one row a step").hasSize(3);
    }

    @Test
    void givesTheNetworkWhatItDeclares() {
        Map<String, Shape> others = new LinkedHashMap<>();
        others.put("timestep", Shape.of(1));
        others.put("text_embeds", Shape.of(1, 2));
        others.put("time_ids", Shape.of(1, 6));
        FakeNetwork network = new FakeNetwork(others);

        denoise(network, Optional.empty(), 0);

        Map<String, Tensor> call = network.calls.get(1);
        assertThat(call).containsOnlyKeys("sample", "encoder_hidden_states", "timestep", "text_embeds", "time_ids");
        assertThat(call.get("timestep").toFloatArray()).containsExactly(500);
        assertThat(call.get("text_embeds").toFloatArray()).containsExactly(10, 7);
        assertThat(call.get("time_ids").toFloatArray()).containsExactly(TIME_IDS);
        assertThat(network.calls.get(0)).doesNotContainKey("timestep_cond");
    }

    @Test
    void givesTheNetworkThePooledTextUnderTheNameOfItsKind() {
        FakeNetwork network = new FakeNetwork(Map.of("pooled_projections", Shape.of(1, 2)));

        denoise(network, Optional.empty(), 0);

        assertThat(network.calls.get(0).get("pooled_projections").toFloatArray())
                .containsExactly(10, 7);
    }

    @Test
    void embedsTheGuidanceOfAConsistencyModel() {
        FakeNetwork network = new FakeNetwork(Map.of("timestep_cond", Shape.of(1, 8)));
        assertThat(new Denoiser(network).guides(8)).isFalse();

        denoise(network, Optional.empty(), 1.5);

        assertThat(network.calls).as("one row a step").hasSize(3);
        float[] embedding = network.calls.get(0).get("timestep_cond").toFloatArray();
        // w = 0.5, thousandfold; frequencies 10000^(-i / 3).
        for (int i = 0; i < 4; i++) {
            double angle = 500 * Math.pow(10000, -i / 3.0);
            assertThat((double) embedding[i]).as("sine %d", i).isCloseTo(Math.sin(angle), within(1e-6));
            assertThat((double) embedding[4 + i]).as("cosine %d", i).isCloseTo(Math.cos(angle), within(1e-6));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesANetworkThatGivesNoNumbers(float bad) {
        FakeNetwork network = new FakeNetwork(Map.of());
        network.answer = new float[] {0, 0, 0, bad};

        assertThatThrownBy(() -> denoise(network, Optional.empty(), 0))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("The Fake gave " + bad + " at step 1");
        assertThat(seen).isEmpty();
    }

    @Test
    void refusesAnInputItDoesNotKnow() {
        FakeNetwork network = new FakeNetwork(Map.of("class_labels", Shape.of(1)));
        assertThatThrownBy(() -> denoise(network, Optional.empty(), 0))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("'class_labels'");
    }

    @Test
    void anAbsentNegativePromptIsAllZeros() {
        Conditioning zeros = text(5).zeros();
        assertThat(zeros.hiddenStates().shape()).isEqualTo(Shape.of(1, 2, 3));
        assertThat(zeros.hiddenStates().toFloatArray()).containsOnly(0);
        assertThat(zeros.pooled().orElseThrow().toFloatArray()).containsOnly(0);
    }
}
