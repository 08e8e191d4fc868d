package org.mixdq4j.core.scheduler;

/**
 * The timesteps a network was distilled on, from which consistency models' samplers choose.
 *
 * @param distilledSteps {@code original_inference_steps}
 */
record DistilledTimesteps(int trainSteps, int distilledSteps) {
    static DistilledTimesteps of(Settings settings, int trainSteps) {
        int distilledSteps = settings.integer("original_inference_steps", 50, 1);
        if (distilledSteps > trainSteps) {
            throw settings.wrong("original_inference_steps", "at most num_train_timesteps, " + trainSteps);
        }
        return new DistilledTimesteps(trainSteps, distilledSteps);
    }

    double[] timesteps(int steps, String name) {
        TimestepSpacing.checkSteps(steps, distilledSteps, name);
        int stride = trainSteps / distilledSteps;
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++) {
            int index = (int) Math.floor(i * (distilledSteps / (double) steps));
            timesteps[i] = (distilledSteps - index) * stride - 1;
        }
        return timesteps;
    }
}
