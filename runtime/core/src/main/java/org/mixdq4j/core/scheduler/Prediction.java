package org.mixdq4j.core.scheduler;

import java.util.Locale;

/** What the network's output stands for. */
enum Prediction {
    EPSILON,
    V_PREDICTION,
    SAMPLE;

    static Prediction of(Settings settings) {
        return valueOf(settings.word("prediction_type", "epsilon", "epsilon", "v_prediction", "sample")
                .toUpperCase(Locale.ROOT));
    }

    /** The estimate of the clean sample x0 from {@code sample = x0 + sigma * noise}. */
    Denoiser varianceExploding(double sigma) {
        double variance = sigma * sigma + 1;
        return switch (this) {
            case EPSILON -> new Denoiser(1, -sigma);
            case V_PREDICTION -> new Denoiser(1 / variance, -sigma / Math.sqrt(variance));
            case SAMPLE -> new Denoiser(0, 1);
        };
    }

    /** The estimate of the clean sample x0 from {@code sample = alpha * x0 + sigma * noise}. */
    Denoiser variancePreserving(double alpha, double sigma) {
        return switch (this) {
            case EPSILON -> new Denoiser(1 / alpha, -sigma / alpha);
            case V_PREDICTION -> new Denoiser(alpha, -sigma);
            case SAMPLE -> new Denoiser(0, 1);
        };
    }

    /** {@code x0 = sampleFactor * sample + outputFactor * modelOutput}. */
    record Denoiser(double sampleFactor, double outputFactor) {
        double x0(double sample, double output) {
            return sampleFactor * sample + outputFactor * output;
        }
    }
}
