package org.mixdq4j.core.scheduler;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * The variance-preserving noise of training, per training timestep: {@code alphaBar[t]} is the share of the picture's
 * variance that is left, {@code sigma[t] = sqrt((1 - alphaBar) / alphaBar)} the noise relative to the picture.
 *
 * <p>Held in float32 and rounded where diffusers rounds, for its tables are float32 tensors.
 */
final class NoiseSchedule {
    private static final String TRAINED = "trained_betas";
    private static final double MAX_BETA = 0.999;
    /** Stands for a last alphaBar of zero where sigma must stay finite: FP16's least positive number. */
    private static final float TINY = 0x1p-24f;

    private final float[] alphaBar;

    private NoiseSchedule(float[] alphaBar) {
        this.alphaBar = alphaBar;
    }

    /** What a class makes of {@code rescale_betas_zero_snr}. */
    enum ZeroSnr {
        /** It does not know it. */
        IGNORED,
        /** The last alphaBar is 0. */
        EXACT,
        /** The last alphaBar is {@link #TINY}, so that sigma stays finite. */
        NEARLY
    }

    /** @param more beta schedules the class knows besides linear, scaled_linear and squaredcos_cap_v2 */
    static NoiseSchedule of(Settings settings, Defaults defaults, ZeroSnr zeroSnr, String... more) {
        int steps = settings.integer("num_train_timesteps", 1000, 2);
        float[] betas = settings.has(TRAINED) ? trained(settings, steps) : betas(settings, defaults, steps, more);
        boolean rescales = zeroSnr != ZeroSnr.IGNORED && settings.flag("rescale_betas_zero_snr", false);
        if (rescales) {
            betas = rescaledToZeroSnr(betas);
        }
        float[] alphaBar = cumulativeAlphas(betas);
        if (rescales && zeroSnr == ZeroSnr.NEARLY) {
            alphaBar[steps - 1] = TINY;
        }
        return new NoiseSchedule(alphaBar);
    }

    private static float[] trained(Settings settings, int steps) {
        float[] betas = settings.numbers(TRAINED);
        if (betas.length != steps) {
            throw settings.wrong(TRAINED, "as many as num_train_timesteps, " + steps);
        }
        for (float beta : betas) {
            if (!(beta >= 0 && beta <= 1)) {
                throw settings.wrong(TRAINED, "numbers from 0 to 1, not " + beta);
            }
        }
        return betas;
    }

    private static float[] betas(Settings settings, Defaults defaults, int steps, String... more) {
        double start = settings.positive("beta_start", defaults.start);
        double end = settings.positive("beta_end", defaults.end);
        String[] known = {"linear", "scaled_linear", "squaredcos_cap_v2"};
        String[] all = Arrays.copyOf(known, known.length + more.length);
        System.arraycopy(more, 0, all, known.length, more.length);
        return switch (settings.word("beta_schedule", defaults.schedule, all)) {
            case "linear" -> linspace(start, end, steps);
            case "scaled_linear" -> squared(linspace(Math.sqrt(start), Math.sqrt(end), steps));
            case "sigmoid" -> sigmoid(start, end, steps);
            case "laplace" -> fromAlphaBar(NoiseSchedule::laplaceAlphaBar, steps);
            case "exp" -> fromAlphaBar(t -> Math.exp(-12 * t), steps);
            default -> fromAlphaBar(NoiseSchedule::cosineAlphaBar, steps);
        };
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

    private static float[] sigmoid(double start, double end, int steps) {
        float[] betas = linspace(-6, 6, steps);
        for (int i = 0; i < steps; i++) {
            betas[i] = (float) (1 / (1 + Math.exp(-betas[i]))) * (float) (end - start) + (float) start;
        }
        return betas;
    }

    /** Betas of a schedule that is given by what is left of the picture at each part of the way. */
    private static float[] fromAlphaBar(DoubleUnaryOperator left, int steps) {
        float[] betas = new float[steps];
        for (int i = 0; i < steps; i++) {
            double ratio = left.applyAsDouble((i + 1) / (double) steps) / left.applyAsDouble(i / (double) steps);
            betas[i] = (float) Math.min(1 - ratio, MAX_BETA);
        }
        return betas;
    }

    /** Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", equation 17. */
    private static double cosineAlphaBar(double t) {
        double cosine = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    /** Hang et al., "Improved noise schedule for diffusion training" (2407.03297), as diffusers has it. */
    private static double laplaceAlphaBar(double t) {
        double lambda = -0.5 * Math.copySign(1, 0.5 - t) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
        double snr = Math.exp(lambda);
        return Math.sqrt(snr / (1 + snr));
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
        /** Those of second-order samplers in sigma. */
        K_DIFFUSION(0.00085, 0.012, "linear"),
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
