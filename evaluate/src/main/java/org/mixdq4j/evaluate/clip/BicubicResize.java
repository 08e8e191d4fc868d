package org.mixdq4j.evaluate.clip;

import org.mixdq4j.core.image.RgbImage;

/**
 * Bicubic resampling with antialiasing, byte for byte as Pillow's {@code Image.resize(size, BICUBIC)}: Keys' kernel with
 * a = -1/2, widened by the factor a picture shrinks by; columns first, then rows, bytes in between; weights in fixed point
 * with 22 bits behind the point.
 */
final class BicubicResize {
    private static final int PRECISION = 22;
    private static final double SUPPORT = 2;
    private static final double A = -0.5;

    private BicubicResize() {}

    static RgbImage resize(RgbImage image, int width, int height) {
        RgbImage wide = image.width() == width ? image : columns(image, width);
        return wide.height() == height ? wide : rows(wide, height);
    }

    private static RgbImage columns(RgbImage in, int width) {
        Taps[] taps = Taps.of(in.width(), width);
        byte[] out = new byte[3 * width * in.height()];
        for (int y = 0; y < in.height(); y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    out[3 * (y * width + x) + c] = taps[x].apply(in.rgb(), 3 * y * in.width() + c, 3);
                }
            }
        }
        return new RgbImage(width, in.height(), out);
    }

    private static RgbImage rows(RgbImage in, int height) {
        Taps[] taps = Taps.of(in.height(), height);
        int stride = 3 * in.width();
        byte[] out = new byte[stride * height];
        for (int y = 0; y < height; y++) {
            for (int i = 0; i < stride; i++) {
                out[y * stride + i] = taps[y].apply(in.rgb(), i, stride);
            }
        }
        return new RgbImage(in.width(), height, out);
    }

    /** The inputs an output is made of. @param first place of the first one */
    private record Taps(int first, int[] weights) {
        static Taps[] of(int from, int to) {
            double scale = (double) from / to;
            double widening = Math.max(1, scale);
            double support = SUPPORT * widening;
            Taps[] taps = new Taps[to];
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                int first = Math.max(0, (int) (centre - support + 0.5));
                int end = Math.min(from, (int) (centre + support + 0.5));
                double[] exact = new double[end - first];
                double sum = 0;
                for (int k = 0; k < exact.length; k++) {
                    exact[k] = kernel((first + k - centre + 0.5) / widening);
                    sum += exact[k];
                }
                int[] fixed = new int[exact.length];
                for (int k = 0; k < fixed.length; k++) {
                    double weight = exact[k] / sum * (1 << PRECISION);
                    // Half away from zero.
                    fixed[k] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
                }
                taps[i] = new Taps(first, fixed);
            }
            return taps;
        }

        byte apply(byte[] bytes, int start, int stride) {
            long sum = 1L << (PRECISION - 1);
            int at = start + first * stride;
            for (int weight : weights) {
                sum += (long) weight * (bytes[at] & 0xff);
                at += stride;
            }
            return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
        }
    }

    private static double kernel(double x) {
        double d = Math.abs(x);
        if (d < 1) {
            return ((A + 2) * d - (A + 3)) * d * d + 1;
        }
        return d < 2 ? (((d - 5) * d + 8) * d - 4) * A : 0;
    }
}
