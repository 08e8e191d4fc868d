package org.mixdq4j.core.scheduler;

/** k-diffusion's linear multistep method: slopes of up to four steps, interpolated over sigma and integrated exactly. */
final class LmsTrajectory extends SigmaTrajectory {
    private static final int MOST = 4;
    /** Two points integrate a polynomial of the third degree exactly. */
    private static final double GAUSS = 1 / Math.sqrt(3);

    private final StepOrder order = new StepOrder();
    /** Slopes of the last steps, the newest first. */
    private final double[][] slopes = new double[MOST][];

    private int known;

    LmsTrajectory(double[] timesteps, double[] sigmas, double initNoiseSigma, Prediction prediction) {
        super(timesteps, sigmas, initNoiseSigma, prediction, X0Limit.NONE);
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        if (order.begins(step)) {
            known = 0;
        }
        System.arraycopy(slopes, 0, slopes, 1, MOST - 1);
        slopes[0] = derivative(sample, modelOutput, step);
        known = Math.min(known + 1, MOST);
        double[] next = new double[sample.length];
        for (int k = 0; k < known; k++) {
            double weight = weight(step, k);
            for (int i = 0; i < next.length; i++) {
                next[i] += weight * slopes[k][i];
            }
        }
        return along(sample, 1, next);
    }

    /** The integral over this step of the polynomial that is 1 at the level {@code k} steps ago and 0 at the others. */
    private double weight(int step, int k) {
        double middle = (sigmas[step] + sigmas[step + 1]) / 2;
        double half = (sigmas[step + 1] - sigmas[step]) / 2;
        return half * (lagrange(step, k, middle - half * GAUSS) + lagrange(step, k, middle + half * GAUSS));
    }

    private double lagrange(int step, int k, double sigma) {
        double product = 1;
        for (int other = 0; other < known; other++) {
            if (other != k) {
                product *= (sigma - sigmas[step - other]) / (sigmas[step - k] - sigmas[step - other]);
            }
        }
        return product;
    }
}
