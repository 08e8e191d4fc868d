package org.mixdq4j.core.scheduler;

/**
 * Zheng et al., "Trajectory consistency distillation" (2402.19159), strategic stochastic sampling: a jump along the
 * trajectory beyond the next timestep, then noise back to it.
 */
final class TcdTrajectory extends Trajectory {
    private final double[] alphaBars;
    private final double[] between;
    private final double[] next;
    private final Prediction prediction;
    private final double eta;

    /** @param between alphaBar where each jump ends @param next alphaBar at the next timestep */
    TcdTrajectory(
            double[] timesteps,
            double[] alphaBars,
            double[] between,
            double[] next,
            Prediction prediction,
            double eta) {
        super(timesteps);
        this.alphaBars = alphaBars;
        this.between = between;
        this.next = next;
        this.prediction = prediction;
        this.eta = eta;
    }

    @Override
    public boolean addsNoise(int step) {
        checkStep(step);
        return eta > 0 && step < timesteps.length - 1;
    }

    @Override
    double[] clean(float[] modelInput, float[] modelOutput, int step) {
        double bar = alphaBars[step];
        return prediction.variancePreserving(Math.sqrt(bar), Math.sqrt(1 - bar)).x0(modelInput, modelOutput);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        double alpha = Math.sqrt(alphaBars[step]);
        double sigma = Math.sqrt(1 - alphaBars[step]);
        double picture = Math.sqrt(between[step]);
        double rest = Math.sqrt(1 - between[step]);
        boolean noisy = addsNoise(step);
        double keep = noisy ? Math.sqrt(next[step] / between[step]) : 1;
        double added = noisy ? Math.sqrt(1 - next[step] / between[step]) : 0;
        double[] x0 = clean(sample, modelOutput, step);
        float[] result = new float[sample.length];
        for (int i = 0; i < result.length; i++) {
            double epsilon = (sample[i] - alpha * x0[i]) / sigma;
            double jumped = picture * x0[i] + rest * epsilon;
            result[i] = (float) (noisy ? keep * jumped + added * noise[i] : jumped);
        }
        return result;
    }
}
