package org.mixdq4j.core.scheduler;

import java.util.Locale;

/** What the network's output stands for. */
enum Prediction {
    EPSILON,
    V_PREDICTION,
    SAMPLE,
    /** The velocity along {@code (1 - sigma) * x0 + sigma * noise}. */
    FLOW_PREDICTION;

    private static final String KEY = "prediction_type";

    static Prediction of(Settings settings) {
        return among(settings, "epsilon", "v_prediction", "sample");
    }

    /** For classes that know {@code use_flow_sigmas}. */
    static Prediction withFlow(Settings settings) {
        return among(settings, "epsilon", "v_prediction", "sample", "flow_prediction");
    }

    static Prediction withoutSample(Settings settings) {
        return among(settings, "epsilon", "v_prediction");
    }

    /** For the class that also calls it by its earlier name. */
    static Prediction withEarlierName(Settings settings) {
        return settings.json().path(KEY).asText().equals("original_sample") ? SAMPLE : of(settings);
    }

    private static Prediction among(Settings settings, String... words) {
        return valueOf(settings.word(KEY, "epsilon", words).toUpperCase(Locale.ROOT));
    }

    /** The estimate of the clean sample x0 from {@code sample = alpha * x0 + sigma * noise}. */
    Denoiser variancePreserving(double alpha, double sigma) {
        return switch (this) {
            case EPSILON -> new Denoiser(1 / alpha, -sigma / alpha);
            case V_PREDICTION -> new Denoiser(alpha, -sigma);
            case SAMPLE -> new Denoiser(0, 1);
            case FLOW_PREDICTION -> new Denoiser(1, -sigma);
        };
    }

    /** {@code x0 = sampleFactor * sample + outputFactor * modelOutput}. */
    record Denoiser(double sampleFactor, double outputFactor) {
        double x0(double sample, double output) {
            return sampleFactor * sample + outputFactor * output;
        }

        /** The estimate of all elements. */
        double[] x0(float[] sample, float[] output) {
            double[] x0 = new double[sample.length];
            for (int i = 0; i < x0.length; i++) {
                x0[i] = x0(sample[i], output[i]);
            }
            return x0;
        }
    }
}
