package org.mixdq4j.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.io.Json;

/** The estimate of the clean sample, where it can be known otherwise. */
class DenoisedTest {
    private static final int COUNT = 32;

    private static Scheduler scheduler(String name, String prediction, int steps) throws Exception {
        String text = "{\"_class_name\":\"" + name + "\",\"prediction_type\":\"" + prediction
                + "\",\"beta_start\":0.0001,\"beta_end\":0.02,\"beta_schedule\":\"scaled_linear\",\"clip_sample\":false,\"timestep_spacing\":\"trailing\"}";
        return Schedulers.of(Json.mapper().readTree(text), "test").schedule(steps);
    }

    private static float[] normal(int seed) {
        Random random = new Random(seed);
        float[] values = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** A network that knows the noise gives the clean sample away at every step. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "EulerDiscreteScheduler",
                "EulerAncestralDiscreteScheduler",
                "DDIMScheduler",
                "DDPMScheduler",
                "TCDScheduler",
                "PNDMScheduler",
                "HeunDiscreteScheduler",
                "LMSDiscreteScheduler",
                "UniPCMultistepScheduler",
                "DEISMultistepScheduler",
                "DPMSolverSinglestepScheduler",
                "DPMSolverMultistepScheduler"
            })
    void ofTheTrueNoiseIsTheCleanSample(String name) throws Exception {
        Scheduler scheduler = scheduler(name, "epsilon", 4);
        float[] clean = normal(1);
        float[] noise = normal(2);
        double[] timesteps = scheduler.timesteps();
        for (int step = 0; step < timesteps.length; step++) {
            double bar = alphaBar((int) timesteps[step]);
            float[] input = new float[COUNT];
            for (int i = 0; i < COUNT; i++) {
                input[i] = (float) (Math.sqrt(bar) * clean[i] + Math.sqrt(1 - bar) * noise[i]);
            }
            float[] found = scheduler.denoised(input, noise, step);
            for (int i = 0; i < COUNT; i++) {
                assertThat(found[i]).isCloseTo(clean[i], within(2e-5f));
            }
        }
    }

    /** Diffusers' scaled_linear schedule: squares of evenly spaced roots from 1e-4 to 0.02. */
    private static double alphaBar(int timestep) {
        double product = 1;
        for (int t = 0; t <= timestep; t++) {
            double root = Math.sqrt(1e-4) + (Math.sqrt(0.02) - Math.sqrt(1e-4)) * t / 999;
            product *= 1 - root * root;
        }
        return product;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EulerDiscreteScheduler",
                "EulerAncestralDiscreteScheduler",
                "FlowMatchEulerDiscreteScheduler",
                "FlowMatchHeunDiscreteScheduler",
                "HeunDiscreteScheduler",
                "KDPM2DiscreteScheduler",
                "KDPM2AncestralDiscreteScheduler",
                "DPMSolverSDEScheduler",
                "LMSDiscreteScheduler",
                "UniPCMultistepScheduler",
                "LCMScheduler"
            })
    void isWhereTheLastStepLeads(String name) throws Exception {
        for (String prediction : new String[] {"epsilon", "v_prediction", "sample"}) {
            Scheduler scheduler = scheduler(name, prediction, 1);
            float[] sample = normal(3);
            float[] output = normal(4);
            float[] input = scheduler.scaleModelInput(sample, 0);
            float[] led = scheduler.step(output, 0, sample, normal(5));
            float[] found = scheduler.denoised(input, output, 0);
            for (int i = 0; i < COUNT; i++) {
                assertThat(found[i]).isCloseTo(led[i], within(1e-4f * Math.max(1, Math.abs(led[i]))));
            }
        }
    }
}
