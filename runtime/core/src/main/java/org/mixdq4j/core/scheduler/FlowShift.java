package org.mixdq4j.core.scheduler;

import org.mixdq4j.core.error.MixdqException;

/**
 * How levels of flow matching are moved towards noise (Esser et al., "Scaling rectified flow transformers", equation 23):
 * by a fixed factor, or by one that grows with the picture. The latter comes as the setting {@code "mu"}, which is ours:
 * diffusers' pipelines compute it from the picture's size.
 */
final class FlowShift {
    private static final String DYNAMIC = "use_dynamic_shifting";
    private static final String MU = "mu";

    private final double factor;
    private final boolean dynamic;

    private FlowShift(double factor, boolean dynamic) {
        this.factor = factor;
        this.dynamic = dynamic;
    }

    /**
     * @param key the setting that holds the fixed factor
     * @param needsMu whether dynamic shifting without the picture's size is an error; else the fixed factor is taken
     */
    static FlowShift of(Settings settings, String key, boolean needsMu) {
        boolean dynamic = settings.flag(DYNAMIC, false);
        String type = settings.word("time_shift_type", "exponential", "exponential", "linear");
        if (dynamic && settings.has(MU)) {
            double mu = settings.number(MU, 0);
            return new FlowShift(type.equals("linear") ? settings.positive(MU, 0) : Math.exp(mu), true);
        }
        if (dynamic && needsMu) {
            throw new MixdqException(settings.where() + " sets \"" + DYNAMIC + "\", by which " + settings.name()
                    + " depends on the picture's size, but this kind of model does not tell it; set it to false and give"
                    + " the \"" + key + "\" for your picture size (SD3 uses 3).");
        }
        return new FlowShift(settings.positive(key, 1), false);
    }

    boolean dynamic() {
        return dynamic;
    }

    double factor() {
        return factor;
    }

    double of(double sigma) {
        return dynamic ? factor / (factor + (1 / sigma - 1)) : factor * sigma / (1 + (factor - 1) * sigma);
    }

    /** Stretches levels so that the last is {@code terminal}, in place. @param terminal 0 leaves them */
    static void stretch(double[] sigmas, double terminal) {
        if (terminal == 0) {
            return;
        }
        double scale = (1 - sigmas[sigmas.length - 1]) / (1 - terminal);
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = 1 - (1 - sigmas[i]) / scale;
        }
    }
}
