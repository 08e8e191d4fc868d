package org.mixdq4j.core.random;

/** MT19937 (Matsumoto and Nishimura, 1998), seeded by their {@code init_genrand}. */
final class MersenneTwister {
    private static final int SIZE = 624;
    private static final int MIDDLE = 397;
    private static final int MATRIX = 0x9908b0df;
    private static final int UPPER = 0x80000000;
    private static final int LOWER = 0x7fffffff;

    private final int[] state = new int[SIZE];
    private int next = SIZE;

    MersenneTwister(int seed) {
        state[0] = seed;
        for (int i = 1; i < SIZE; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ state[i - 1] >>> 30) + i;
        }
    }

    /** The next 32 bits. */
    int next32() {
        if (next == SIZE) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return y ^ y >>> 18;
    }

    private void refill() {
        for (int i = 0; i < SIZE; i++) {
            int joined = state[i] & UPPER | state[(i + 1) % SIZE] & LOWER;
            int twisted = state[(i + MIDDLE) % SIZE] ^ joined >>> 1;
            state[i] = (joined & 1) == 0 ? twisted : twisted ^ MATRIX;
        }
        next = 0;
    }
}
