package org.mixdq4j.core.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.random.TorchRandom;

class StartingNoiseTest {
    /** The fixtures' latents are torch.randn(256) of seed 7, scaled by the scheduler. */
    @Test
    void seedAndSchedulerGiveTheLatentsThatDiffusersStartedFrom() throws IOException {
        float[] noise = new TorchRandom(7).normal(256);
        for (String id : new String[] {"sched_ddim_8", "sched_euler_a_trailing_4", "sched_euler_leading_8"}) {
            Path folder = Path.of(System.getProperty("mixdq.root"), "util_files/fixtures", id);
            ReferenceTrajectory reference = ReferenceTrajectory.ofFixture(folder);
            double sigma = Schedulers.of(reference.config(), id)
                    .schedule(reference.timesteps().length)
                    .initNoiseSigma();
            for (int i = 0; i < noise.length; i++) {
                assertThat(noise[i] * sigma).as(id).isCloseTo(reference.start()[i], within(5e-6 * sigma));
            }
        }
    }
}
