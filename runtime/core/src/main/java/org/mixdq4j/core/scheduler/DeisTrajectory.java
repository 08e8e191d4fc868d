package org.mixdq4j.core.scheduler;

/**
 * Zhang and Chen, "Fast sampling of diffusion models with exponential integrator" (2204.13902), DEIS in
 * {@code log(noise / alpha)}: noise estimates of up to three steps, interpolated and integrated exactly.
 */
final class DeisTrajectory extends SolverTrajectory {
    private static final int FEW_STEPS = 15;

    private final int most;
    private final boolean lowersLast;
    /** Noise estimates of the last steps, the newest first. */
    private final double[][] estimates = new double[3][];

    private int known;

    /** @param lowersLast with fewer than 15 steps, the last two steps are of order 1 and at most 2 */
    DeisTrajectory(double[] timesteps, double[] sigmas, Target target, int most, boolean lowersLast) {
        super(timesteps, sigmas, target);
        this.most = most;
        this.lowersLast = lowersLast;
    }

    @Override
    float[] advance(float[] modelOutput, int step, float[] sample, float[] noise) {
        if (order.begins(step)) {
            known = 0;
        }
        estimates[2] = estimates[1];
        estimates[1] = estimates[0];
        estimates[0] = estimate(modelOutput, step, sample);
        known = Math.min(known + 1, most);
        double[] weights = weights(Math.min(known, permittedOrder(step)), step);
        for (int k = 0; k < weights.length; k++) {
            weights[k] *= alpha(step + 1);
        }
        return combined(kept(step, step + 1), sample, weights, estimates);
    }

    private int permittedOrder(int step) {
        int left = timesteps.length - step;
        return lowersLast && timesteps.length < FEW_STEPS && left <= 2 ? left : 3;
    }

    /** Integrals over {@code rho = noise / alpha} of the polynomials in its logarithm through the remembered steps. */
    private double[] weights(int taken, int step) {
        double to = rho(step + 1);
        double s0 = rho(step);
        if (taken == 1) {
            return new double[] {to - s0};
        }
        double s1 = rho(step - 1);
        if (taken == 2) {
            return new double[] {
                integral(to, s0, s1) - integral(s0, s0, s1), integral(to, s1, s0) - integral(s0, s1, s0)
            };
        }
        double s2 = rho(step - 2);
        return new double[] {
            integral(to, s0, s1, s2) - integral(s0, s0, s1, s2),
            integral(to, s1, s2, s0) - integral(s0, s1, s2, s0),
            integral(to, s2, s0, s1) - integral(s0, s2, s0, s1)
        };
    }

    private double rho(int place) {
        return noise(place) / alpha(place);
    }

    /** Antiderivative at {@code t} of the line in log t that is 1 at {@code one} and 0 at {@code zero}. */
    private static double integral(double t, double one, double zero) {
        return t * (Math.log(t) - Math.log(zero) - 1) / (Math.log(one) - Math.log(zero));
    }

    /** Antiderivative at {@code t} of the parabola in log t that is 1 at {@code one} and 0 at the others. */
    private static double integral(double t, double one, double zero, double other) {
        double logT = Math.log(t);
        double logZero = Math.log(zero);
        double logOther = Math.log(other);
        double above = t * (logZero * (logOther - logT + 1) - logOther * logT + logOther + logT * logT - 2 * logT + 2);
        return above / ((Math.log(one) - logZero) * (Math.log(one) - logOther));
    }
}
