package org.mixdq4j.core.scheduler;

/** {@code LCMScheduler}: few steps chosen from the timesteps the network was distilled on. */
final class LcmConfig implements SchedulerConfig {
    private final String name;
    private final NoiseSchedule noise;
    private final Prediction prediction;
    private final int distilledSteps;
    private final double timestepScaling;
    private final double clip;

    LcmConfig(Settings settings) {
        name = settings.name();
        settings.unsupported("thresholding");
        noise = NoiseSchedule.of(settings, NoiseSchedule.Defaults.LATENT_CONSISTENCY, false);
        prediction = Prediction.of(settings);
        distilledSteps = settings.integer("original_inference_steps", 50, 1);
        if (distilledSteps > noise.trainSteps()) {
            throw settings.wrong("original_inference_steps", "at most num_train_timesteps, " + noise.trainSteps());
        }
        timestepScaling = settings.positive("timestep_scaling", 10);
        clip = AlphaBars.clip(settings, false);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Scheduler schedule(int steps) {
        TimestepSpacing.checkSteps(steps, distilledSteps, name);
        int stride = noise.trainSteps() / distilledSteps;
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            int index = (int) Math.floor(i * (distilledSteps / (double) steps));
            timesteps[i] = (distilledSteps - index) * stride - 1;
        }
        return trajectory(timesteps);
    }

    @Override
    public Scheduler schedule(double[] timesteps) {
        TimestepSpacing.checkCustom(timesteps, 0, noise.trainSteps() - 1, true, name);
        return trajectory(timesteps.clone());
    }

    private Scheduler trajectory(double[] timesteps) {
        return new LcmTrajectory(
                timesteps, AlphaBars.at(timesteps, noise, prediction, 1, name), prediction, timestepScaling, clip);
    }
}
