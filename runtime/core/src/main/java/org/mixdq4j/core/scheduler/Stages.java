package org.mixdq4j.core.scheduler;

/** Places of samplers that ask the network twice a step, but once in the last, which ends at level 0. */
final class Stages {
    private Stages() {}

    /** The first once, all others twice: where both stages end at the next whole place. */
    static double[] twice(double[] whole) {
        double[] all = new double[2 * whole.length - 1];
        for (int i = 0; i < all.length; i++) {
            all[i] = whole[(i + 1) / 2];
        }
        return all;
    }

    /** Whole places with those between: {@code whole[0], between[0], whole[1]...}. */
    static double[] interleaved(double[] whole, double[] between) {
        double[] all = new double[2 * whole.length - 1];
        for (int i = 0; i < all.length; i++) {
            all[i] = i % 2 == 0 ? whole[i / 2] : between[i / 2];
        }
        return all;
    }
}
