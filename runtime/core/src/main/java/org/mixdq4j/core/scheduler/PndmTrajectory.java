package org.mixdq4j.core.scheduler;

/**
 * Liu et al., "Pseudo numerical methods for diffusion models on manifolds" (2202.09778): up to four of the network's
 * outputs are combined by Adams and Bashforth's weights, and the sample follows them along DDIM's path. Until there are
 * enough, steps of Runge and Kutta, or of lower order.
 */
final class PndmTrajectory extends Trajectory {
    /** AlphaBar at a whole timestep, which may lie before the first. */
    @FunctionalInterface
    interface Bars {
        double at(int timestep);
    }

    private final StepOrder order = new StepOrder();
    private final int rungeKutta;
    private final int stride;
    private final Bars bars;
    private final Prediction prediction;
    /** Outputs of the last steps, the newest first. */
    private final float[][] outputs = new float[4][];

    private int known;
    private float[] start;
    private double[] sum;

    /** @param rungeKutta steps before those of Adams and Bashforth, four to a whole one @param stride timesteps a whole step */
    PndmTrajectory(double[] timesteps, int rungeKutta, int stride, Bars bars, Prediction prediction) {
        super(timesteps);
        this.rungeKutta = rungeKutta;
        this.stride = stride;
        this.bars = bars;
        this.prediction = prediction;
    }

    @Override
    double[] clean(float[] modelInput, float[] modelOutput, int step) {
        double bar = bars.at((int) timesteps[step]);
        return prediction.variancePreserving(Math.sqrt(bar), Math.sqrt(1 - bar)).x0(modelInput, modelOutput);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        if (order.begins(step)) {
            if (step != 0) {
                throw new IllegalStateException("this trajectory begins at step 0, not at " + step);
            }
            known = 0;
        }
        return step < rungeKutta ? rungeKutta(modelOutput, step, sample) : adams(modelOutput, step, sample);
    }

    private float[] rungeKutta(float[] modelOutput, int step, float[] sample) {
        int stage = step % 4;
        int from = (int) timesteps[step - stage];
        if (stage == 0) {
            sum = new double[sample.length];
            start = sample.clone();
            remember(modelOutput);
        }
        double weight = stage == 0 || stage == 3 ? 1 / 6.0 : 1 / 3.0;
        double[] slope = new double[sample.length];
        for (int i = 0; i < slope.length; i++) {
            sum[i] += weight * modelOutput[i];
            slope[i] = stage == 3 ? sum[i] : modelOutput[i];
        }
        int to = (int) timesteps[step] - (stage % 2 == 0 ? stride / 2 : 0);
        return moved(start, slope, from, to);
    }

    private float[] adams(float[] modelOutput, int step, float[] sample) {
        int at = (int) timesteps[step];
        if (rungeKutta == 0 && step == 1) {
            // The first step again, with the mean of the outputs at both its ends.
            double[] mean = new double[sample.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = ((double) modelOutput[i] + outputs[0][i]) / 2;
            }
            return moved(start, mean, at + stride, at);
        }
        remember(modelOutput);
        if (step == 0) {
            start = sample.clone();
        }
        return moved(sample, combined(), at, at - stride);
    }

    private void remember(float[] modelOutput) {
        System.arraycopy(outputs, 0, outputs, 1, 3);
        outputs[0] = modelOutput.clone();
        known = Math.min(known + 1, 4);
    }

    private double[] combined() {
        double[] weights =
                switch (known) {
                    case 1 -> new double[] {1};
                    case 2 -> new double[] {3 / 2.0, -1 / 2.0};
                    case 3 -> new double[] {23 / 12.0, -16 / 12.0, 5 / 12.0};
                    default -> new double[] {55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0};
                };
        double[] sum = new double[outputs[0].length];
        for (int k = 0; k < weights.length; k++) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += weights[k] * outputs[k][i];
            }
        }
        return sum;
    }

    /** The paper's equation 11. */
    private float[] moved(float[] sample, double[] output, int from, int to) {
        double bar = bars.at(from);
        double next = bars.at(to);
        double alpha = Math.sqrt(bar);
        double sigma = Math.sqrt(1 - bar);
        double keep = Math.sqrt(next / bar);
        double move = (next - bar) / (bar * Math.sqrt(1 - next) + Math.sqrt(bar * (1 - bar) * next));
        float[] moved = new float[sample.length];
        for (int i = 0; i < moved.length; i++) {
            double epsilon = prediction == Prediction.EPSILON ? output[i] : alpha * output[i] + sigma * sample[i];
            moved[i] = (float) (keep * sample[i] - move * epsilon);
        }
        return moved;
    }
}
