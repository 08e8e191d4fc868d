package org.mixdq4j.core.image;

/** PNG's five row filters: each predicts a byte from the bytes of the pixels to the left (a), above (b) and above left (c). */
final class PngFilter {
    static final int COUNT = 5;

    private PngFilter() {}

    static int predict(int filter, int a, int b, int c) {
        return switch (filter) {
            case 0 -> 0;
            case 1 -> a;
            case 2 -> b;
            case 3 -> (a + b) >> 1;
            case 4 -> paeth(a, b, c);
            default -> throw new IllegalArgumentException("filter " + filter);
        };
    }

    private static int paeth(int a, int b, int c) {
        int p = a + b - c;
        int toA = Math.abs(p - a);
        int toB = Math.abs(p - b);
        int toC = Math.abs(p - c);
        return toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
    }
}
