package org.mixdq4j.core.scheduler;

/** Steps from one cumulative alpha to the next, by the estimate of the clean sample, kept within a limit. */
abstract class AlphaBarTrajectory extends Trajectory {
    final double[] alphaBars;
    final double[] nextAlphaBars;
    final X0Limit limit;
    private final Prediction prediction;

    AlphaBarTrajectory(
            double[] timesteps, double[] alphaBars, double[] nextAlphaBars, Prediction prediction, X0Limit limit) {
        super(timesteps);
        this.alphaBars = alphaBars;
        this.nextAlphaBars = nextAlphaBars;
        this.prediction = prediction;
        this.limit = limit;
    }

    @Override
    final double[] clean(float[] modelInput, float[] modelOutput, int step) {
        double[] x0 = estimate(modelInput, modelOutput, step);
        limit.apply(x0);
        return x0;
    }

    /** Without the limit. */
    final double[] estimate(float[] sample, float[] modelOutput, int step) {
        double bar = alphaBars[step];
        return prediction.variancePreserving(Math.sqrt(bar), Math.sqrt(1 - bar)).x0(sample, modelOutput);
    }
}
