package org.mixdq4j.core.scheduler;

/**
 * The variance-preserving noise of training, per training timestep: {@code alphaBar[t]} is the share of the picture's
 * variance that is left, {@code sigma[t] = sqrt((1 - alphaBar) / alphaBar)} the noise relative to the picture.
 *
 * <p>Held in float32 and rounded where diffusers rounds, for its tables are float32 tensors.
 */
final class NoiseSchedule {
    private static final double MAX_COSINE_BETA = 0.999;
    /** Stands for a last alphaBar of zero where sigma must stay finite: FP16's least positive number. */
    private static final float TINY = 0x1p-24f;

    private final float[] alphaBar;

    private NoiseSchedule(float[] alphaBar) {
        this.alphaBar = alphaBar;
    }

    /** @param keepsSigmaFinite whether a zero-SNR schedule ends at {@link #TINY} in place of 0 */
    static NoiseSchedule of(Settings settings, Defaults defaults, boolean keepsSigmaFinite) {
        settings.unsupported("trained_betas");
        int steps = settings.integer("num_train_timesteps", 1000, 2);
        double start = settings.positive("beta_start", defaults.start);
        double end = settings.positive("beta_end", defaults.end);
        String kind = settings.word("beta_schedule", defaults.schedule, "linear", "scaled_linear", "squaredcos_cap_v2");
        float[] betas =
                switch (kind) {
                    case "linear" -> linspace(start, end, steps);
                    case "scaled_linear" -> squared(linspace(Math.sqrt(start), Math.sqrt(end), steps));
                    default -> cosine(steps);
                };
        boolean zeroSnr = settings.flag("rescale_betas_zero_snr", false);
        if (zeroSnr) {
            betas = rescaledToZeroSnr(betas);
        }
        float[] alphaBar = cumulativeAlphas(betas);
        if (zeroSnr && keepsSigmaFinite) {
            alphaBar[steps - 1] = TINY;
        }
        return new NoiseSchedule(alphaBar);
    }

    int trainSteps() {
        return alphaBar.length;
    }

    double alphaBar(int timestep) {
        return alphaBar[timestep];
    }

    float[] sigmas() {
        float[] sigmas = new float[alphaBar.length];
        for (int t = 0; t < sigmas.length; t++) {
            sigmas[t] = (float) Math.sqrt((1 - alphaBar[t]) / alphaBar[t]);
        }
        return sigmas;
    }

    /** log(alpha / sigma) per timestep, half the log signal-to-noise ratio. */
    double[] lambdas() {
        double[] lambdas = new double[alphaBar.length];
        for (int t = 0; t < lambdas.length; t++) {
            lambdas[t] = (Math.log(alphaBar[t]) - Math.log(1 - alphaBar[t])) / 2;
        }
        return lambdas;
    }

    /** From both ends towards the middle, as float32 linspace is computed, so that both ends are exact. */
    private static float[] linspace(double first, double last, int count) {
        float start = (float) first;
        float end = (float) last;
        float step = (end - start) / (count - 1);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i < count / 2 ? start + step * i : end - step * (count - 1 - i);
        }
        return values;
    }

    private static float[] squared(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= values[i];
        }
        return values;
    }

    /** Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", equation 17. */
    private static float[] cosine(int steps) {
        float[] betas = new float[steps];
        for (int i = 0; i < steps; i++) {
            double ratio = cosineAlphaBar((i + 1) / (double) steps) / cosineAlphaBar(i / (double) steps);
            betas[i] = (float) Math.min(1 - ratio, MAX_COSINE_BETA);
        }
        return betas;
    }

    private static double cosineAlphaBar(double t) {
        double cosine = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    /** Lin et al., "Common diffusion noise schedules and sample steps are flawed", algorithm 1. */
    private static float[] rescaledToZeroSnr(float[] betas) {
        float[] roots = cumulativeAlphas(betas);
        for (int t = 0; t < roots.length; t++) {
            roots[t] = (float) Math.sqrt(roots[t]);
        }
        float first = roots[0];
        float last = roots[roots.length - 1];
        float scale = first / (first - last);
        float before = 1;
        float[] rescaled = new float[betas.length];
        for (int t = 0; t < roots.length; t++) {
            float root = (roots[t] - last) * scale;
            float bar = root * root;
            rescaled[t] = 1 - bar / before;
            before = bar;
        }
        return rescaled;
    }

    private static float[] cumulativeAlphas(float[] betas) {
        float[] bars = new float[betas.length];
        double product = 1;
        for (int t = 0; t < betas.length; t++) {
            product *= 1 - betas[t];
            bars[t] = (float) product;
        }
        return bars;
    }

    /** What diffusers assumes where a configuration is silent; it differs between classes. */
    enum Defaults {
        DDPM(1e-4, 0.02, "linear"),
        LATENT_CONSISTENCY(0.00085, 0.012, "scaled_linear");

        private final double start;
        private final double end;
        private final String schedule;

        Defaults(double start, double end, String schedule) {
            this.start = start;
            this.end = end;
            this.schedule = schedule;
        }
    }
}
