package org.mixdq4j.cpu.vector;

/**
 * The order in which sums are made, whatever the width of vectors: element i of every 64 goes to partial sum i; the last
 * elements, fewer than 64, are added to the first partial sums; then the partial sums are added in pairs.
 */
final class Lanes {
    static final int COUNT = 64;

    private Lanes() {}

    /** Overwrites {@code lanes}. */
    static float total(float[] lanes) {
        for (int half = COUNT / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] += lanes[half + i];
            }
        }
        return lanes[0];
    }
}
