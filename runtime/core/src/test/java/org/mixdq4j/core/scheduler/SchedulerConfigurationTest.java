package org.mixdq4j.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.error.UsageException;

class SchedulerConfigurationTest {
    private static final String FILE = "scheduler/scheduler_config.json";

    @Test
    void aForeignFileIsNamed() {
        assertThatThrownBy(() -> of("{\"model_type\": \"clip\"}"))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith(FILE + " has no \"_class_name\"")
                .hasMessageContaining("EulerDiscreteScheduler");
        assertThatThrownBy(() -> of("[1]")).isInstanceOf(MixdqException.class);
    }

    @Test
    void anUnknownSchedulerIsAnsweredWithTheKnownOnes() {
        assertThatThrownBy(() -> scheduler("SASolverScheduler", ""))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("SASolverScheduler")
                .hasMessageContaining("--scheduler")
                .hasMessageContaining("DDIMScheduler, DDPMScheduler, DEISMultistepScheduler");
    }

    @Test
    void stableDiffusion15sOwnSchedulerIsRead() throws IOException {
        Path config =
                Path.of(System.getProperty("mixdq.root"), "util_files/full_size/sd15/scheduler/scheduler_config.json");
        Scheduler plms = Schedulers.of(ReferenceTrajectory.JSON.readTree(config.toFile()), FILE)
                .schedule(4);
        assertThat(plms.timesteps()).containsExactly(751, 501, 501, 251, 1);
    }

    @Test
    void aThousandNumbersAreNotPrinted() {
        String betas = "\"trained_betas\": [" + "0.5, ".repeat(998) + "0.5]";
        assertThatThrownBy(() -> scheduler("EulerDiscreteScheduler", betas))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("a list of 999")
                .hasMessageContaining("1000")
                .hasMessageNotContaining("0.5");
    }

    @Test
    void oneKindOfLevelsIsTaken() {
        assertThatThrownBy(() ->
                        scheduler("EulerDiscreteScheduler", "\"use_karras_sigmas\": true, \"use_beta_sigmas\": true"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("use_karras_sigmas")
                .hasMessageContaining("use_beta_sigmas");
    }

    @Test
    void rungeKuttaNeedsFourStepsAndPndmItsOwnTimesteps() {
        assertThatThrownBy(() -> scheduler("PNDMScheduler", "").schedule(3))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("skip_prk_steps");
        assertThatThrownBy(() -> scheduler("PNDMScheduler", "").schedule(new double[] {999, 500}))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("number of steps");
    }

    @ParameterizedTest(name = "{0}: {1} = {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "EulerDiscreteScheduler | beta_schedule | \"sigmoid\"",
                "EulerDiscreteScheduler | prediction_type | \"flow_prediction\"",
                "EulerDiscreteScheduler | timestep_spacing | \"logspace\"",
                "EulerDiscreteScheduler | final_sigmas_type | \"one\"",
                "EulerDiscreteScheduler | trained_betas | [0.1, 0.2]",
                "EulerDiscreteScheduler | beta_start | \"small\"",
                "EulerDiscreteScheduler | beta_end | -1",
                "EulerDiscreteScheduler | num_train_timesteps | 10.5",
                "EulerDiscreteScheduler | use_karras_sigmas | \"yes\"",
                "DDIMScheduler | eta | 2",
                "LCMScheduler | original_inference_steps | 2000",
                "DPMSolverMultistepScheduler | algorithm_type | \"dpmsolver\"",
                "DPMSolverSinglestepScheduler | algorithm_type | \"sde-dpmsolver\"",
                "DEISMultistepScheduler | algorithm_type | \"sde-dpmsolver++\"",
                "UniPCMultistepScheduler | predict_x0 | false",
                "UniPCMultistepScheduler | shift_terminal | 0.1",
                "UniPCMultistepScheduler | use_dynamic_shifting | true",
                "PNDMScheduler | prediction_type | \"sample\"",
                "DDPMScheduler | variance_type | \"learned_range\"",
                "TCDScheduler | eta | 1.5",
                "DPMSolverMultistepScheduler | solver_order | 4",
                "DPMSolverMultistepScheduler | variance_type | \"learned\"",
                "FlowMatchEulerDiscreteScheduler | use_dynamic_shifting | true",
                "FlowMatchEulerDiscreteScheduler | invert_sigmas | true",
            })
    void aSettingThatWouldChangeTheResultIsRefused(String name, String key, String value) {
        assertThatThrownBy(() -> scheduler(name, "\"" + key + "\": " + value))
                .isInstanceOf(MixdqException.class)
                .hasMessageStartingWith(FILE)
                .hasMessageContaining(key)
                .hasMessageContaining(name);
    }

    @Test
    void settingsOfOtherSchedulersAndNullsAreIgnored() {
        double[] plain = scheduler("EulerDiscreteScheduler", "").schedule(5).sigmas();
        assertThat(scheduler("EulerDiscreteScheduler", "\"skip_prk_steps\": true, \"use_karras_sigmas\": null")
                        .schedule(5)
                        .sigmas())
                .isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    void impossibleNumbersOfStepsAreRefused(int steps) {
        for (String name :
                new String[] {"EulerDiscreteScheduler", "DDIMScheduler", "FlowMatchEulerDiscreteScheduler"}) {
            assertThatThrownBy(() -> scheduler(name, "").schedule(steps))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("1 to 1000");
        }
    }

    @Test
    void distilledModelsRunAtMostTheirOwnSteps() {
        assertThat(scheduler("LCMScheduler", "").schedule(50).timesteps()).hasSize(50);
        assertThatThrownBy(() -> scheduler("LCMScheduler", "").schedule(51))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("1 to 50");
    }

    @Test
    void impossibleTimestepsAreRefused() {
        SchedulerConfig euler = scheduler("EulerDiscreteScheduler", "");
        assertRefused(euler);
        assertRefused(euler, 1000);
        assertRefused(euler, 10, -1);
        assertRefused(euler, 10, 10);
        assertRefused(euler, 10, 20);
        assertRefused(euler, Double.NaN);
        assertRefused(scheduler("LCMScheduler", ""), 10.5);
        assertRefused(scheduler("DDIMScheduler", ""), 10.5);
        assertRefused(scheduler("DPMSolverMultistepScheduler", ""), 10.5);
        assertRefused(scheduler("FlowMatchEulerDiscreteScheduler", ""), 10, 0);
        String karras = "\"use_karras_sigmas\": true";
        assertRefused(scheduler("EulerDiscreteScheduler", karras), 999, 500);
        assertRefused(scheduler("DPMSolverMultistepScheduler", karras), 999, 500);
    }

    @Test
    void customTimestepsEqualToTheUsualOnesTakeTheSamePath() {
        String leading = "\"timestep_spacing\": \"leading\", \"steps_offset\": 1, \"clip_sample\": false";
        for (String name : new String[] {
            "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "LCMScheduler", "DDIMScheduler"
        }) {
            SchedulerConfig config = scheduler(name, leading);
            Scheduler usual = config.schedule(4);
            Scheduler custom = config.schedule(usual.timesteps());
            assertThat(custom.timesteps()).isEqualTo(usual.timesteps());
            assertThat(custom.sigmas()).isEqualTo(usual.sigmas());
            assertThat(custom.initNoiseSigma()).isEqualTo(usual.initNoiseSigma());
            float[] sample = {1, -2, 0.5f};
            float[] output = {0.3f, -0.1f, 0.7f};
            for (int i = 0; i < 4; i++) {
                float[] noise = usual.addsNoise(i) ? new float[] {0.1f, 0.2f, -0.3f} : null;
                assertThat(custom.step(output, i, sample, noise)).isEqualTo(usual.step(output, i, sample, noise));
            }
        }
    }

    @Test
    void trailingSpacingGivesTheStepsAskedFor() {
        // numpy's arange(1000, 0, -1000 / 61) has 62 elements.
        double[] timesteps = scheduler("EulerDiscreteScheduler", "\"timestep_spacing\": \"trailing\"")
                .schedule(61)
                .timesteps();
        assertThat(timesteps).hasSize(61);
        assertThat(timesteps[60]).isEqualTo(15);
    }

    @Test
    void noiseIsDrawnWhereDiffusersDrawsIt() {
        assertThat(noisySteps("EulerAncestralDiscreteScheduler", "")).containsExactly(0, 1, 2);
        assertThat(noisySteps("LCMScheduler", "")).containsExactly(0, 1);
        assertThat(noisySteps("DDIMScheduler", "")).isEmpty();
        assertThat(noisySteps("DDIMScheduler", "\"eta\": 0.5")).containsExactly(0, 1, 2);
        assertThat(noisySteps("EulerDiscreteScheduler", "")).isEmpty();
        assertThat(noisySteps("DPMSolverMultistepScheduler", "")).isEmpty();
        assertThat(noisySteps("FlowMatchEulerDiscreteScheduler", "")).isEmpty();
    }

    @Test
    void epsilonCannotBePredictedFromPureNoise() {
        String zeroSnr = "\"rescale_betas_zero_snr\": true, \"timestep_spacing\": \"trailing\"";
        assertThatThrownBy(() -> scheduler("DDIMScheduler", zeroSnr).schedule(4))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("v_prediction");
    }

    @Test
    void aMultistepTrajectoryKeepsItsOrderAndCanStartAgain() {
        Scheduler scheduler = scheduler("DPMSolverMultistepScheduler", "").schedule(4);
        float[] sample = {1, -2};
        float[] output = {0.3f, -0.1f};
        float[] first = scheduler.step(output, 0, sample, null);
        float[] second = scheduler.step(output, 1, first, null);
        assertThatIllegalStateException()
                .isThrownBy(() -> scheduler.step(output, 3, second, null))
                .withMessageContaining("step 2 is due");
        assertThat(scheduler.step(output, 0, sample, null)).isEqualTo(first);
        assertThat(scheduler.step(output, 1, first, null)).isEqualTo(second);
    }

    @Test
    void argumentsThatDoNotFitAreRefused() {
        Scheduler scheduler = scheduler("EulerAncestralDiscreteScheduler", "").schedule(2);
        float[] two = {1, 2};
        assertThatIllegalArgumentException().isThrownBy(() -> scheduler.step(two, 2, two, two));
        assertThatIllegalArgumentException().isThrownBy(() -> scheduler.step(two, -1, two, two));
        assertThatIllegalArgumentException().isThrownBy(() -> scheduler.step(two, 0, two, null));
        assertThatIllegalArgumentException().isThrownBy(() -> scheduler.step(two, 0, new float[3], two));
        assertThatIllegalArgumentException().isThrownBy(() -> scheduler.step(two, 0, two, new float[3]));
        assertThatIllegalArgumentException().isThrownBy(() -> scheduler.scaleModelInput(two, 2));
    }

    private static int[] noisySteps(String name, String settings) {
        Scheduler scheduler = scheduler(name, settings).schedule(3);
        return IntStream.range(0, 3).filter(scheduler::addsNoise).toArray();
    }

    private static void assertRefused(SchedulerConfig config, double... timesteps) {
        assertThatThrownBy(() -> config.schedule(timesteps))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith(config.name());
    }

    private static SchedulerConfig scheduler(String name, String settings) {
        return of("{\"_class_name\": \"" + name + "\"" + (settings.isEmpty() ? "" : ", " + settings) + "}");
    }

    private static SchedulerConfig of(String json) {
        try {
            return Schedulers.of(ReferenceTrajectory.JSON.readTree(json), FILE);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
