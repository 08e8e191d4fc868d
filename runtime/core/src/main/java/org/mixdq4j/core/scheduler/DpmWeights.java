package org.mixdq4j.core.scheduler;

/**
 * The integrals DPM-Solver's steps of order 1 to 3 consist of, over a step of {@code h} in lambda.
 *
 * @param value of a constant estimate
 * @param slope of an estimate that grows as lambda does
 * @param curve of one that grows as its square does, halved
 */
record DpmWeights(double value, double slope, double curve, boolean midpoint) {
    /** Which differential equation is followed, and in terms of what. */
    enum Algorithm {
        /** The noise, along the ODE. */
        NOISE("dpmsolver", true, false),
        /** The clean sample, along the ODE. */
        DATA("dpmsolver++", false, false),
        /** The noise, along the SDE. */
        NOISE_SDE("sde-dpmsolver", true, true),
        /** The clean sample, along the SDE. */
        DATA_SDE("sde-dpmsolver++", false, true);

        final String word;
        final boolean noise;
        final boolean sde;

        Algorithm(String word, boolean noise, boolean sde) {
            this.word = word;
            this.noise = noise;
            this.sde = sde;
        }

        static Algorithm of(Settings settings, String... words) {
            String word = settings.word("algorithm_type", DATA.word, words);
            for (Algorithm algorithm : values()) {
                if (algorithm.word.equals(word)) {
                    return algorithm;
                }
            }
            // DEIS' own name, which diffusers reads so.
            return DATA;
        }
    }

    /**
     * Factors of the estimate and its derivatives, for {@code next = keep * sample + sum}.
     *
     * @param alpha of the level the step ends at
     * @param noise of the level the step ends at
     */
    static DpmWeights of(Algorithm algorithm, boolean midpoint, double h, double alpha, double noise) {
        if (algorithm.noise) {
            // The SDE's steps are twice those of the ODE, less what the noise adds.
            double factor = -noise * (algorithm.sde ? 2 : 1);
            double value = Math.expm1(h);
            return new DpmWeights(
                    factor * value, factor * (value / h - 1), factor * ((value - h) / (h * h) - 0.5), midpoint);
        }
        double width = algorithm.sde ? 2 * h : h;
        double value = -Math.expm1(-width);
        // To a level without noise the step is infinite; only the constant counts.
        double slope = Double.isInfinite(width) ? 1 : 1 - value / width;
        double half = Double.isInfinite(width) ? 0 : (value - width) / (width * width);
        // The sign in the SDE is diffusers' own.
        return new DpmWeights(alpha * value, alpha * slope, alpha * (half + (algorithm.sde ? -0.5 : 0.5)), midpoint);
    }

    /** The factor of the first derivative in steps of order 2. */
    double second() {
        return midpoint ? value / 2 : slope;
    }
}
