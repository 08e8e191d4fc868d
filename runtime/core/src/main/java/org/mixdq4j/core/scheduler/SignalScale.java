package org.mixdq4j.core.scheduler;

/** How much of picture and noise a sample at level {@code sigma} holds: {@code alpha * x0 + sigma' * noise}. */
enum SignalScale {
    /** Variance-preserving: {@code sigma} is the noise relative to the picture. */
    VARIANCE_PRESERVING,
    /** Straight paths of flow matching: {@code sigma} is the noise's share, {@code 1 - sigma} the picture's. */
    FLOW;

    double alpha(double sigma) {
        return this == FLOW ? 1 - sigma : 1 / Math.sqrt(sigma * sigma + 1);
    }

    double noise(double sigma) {
        return this == FLOW ? sigma : sigma / Math.sqrt(sigma * sigma + 1);
    }

    /** {@code log(alpha / noise)}; infinite at 0. */
    double lambda(double sigma) {
        return this == FLOW ? Math.log1p(-sigma) - Math.log(sigma) : -Math.log(sigma);
    }

    Prediction.Denoiser denoiser(Prediction prediction, double sigma) {
        // diffusers takes the level itself for a velocity's factor, whatever the scale.
        return prediction.variancePreserving(
                alpha(sigma), prediction == Prediction.FLOW_PREDICTION ? sigma : noise(sigma));
    }
}
