package org.mixdq4j.core.metrics;

import org.mixdq4j.core.error.MixdqException;

/**
 * Structural similarity of two pictures (Wang et al., 2004) with K1 = 0.01, K2 = 0.03 and values in 0..1; 1 is equal,
 * higher is better. Pictures are height x width x channels; channels are compared apart and averaged. A NaN anywhere in
 * a picture makes the result NaN.
 */
public final class Ssim {
    private static final double C1 = 0.01 * 0.01;
    private static final double C2 = 0.03 * 0.03;
    private static final double SIGMA = 1.5;
    private static final int RADIUS = 5;
    private static final double[] WINDOW = window();

    private Ssim() {}

    /**
     * The usual index: an 11 x 11 Gaussian window of sigma 1.5 at every place where it lies inside the picture, with the
     * population covariance; scikit-image's {@code structural_similarity(a, b, gaussian_weights=True, sigma=1.5,
     * use_sample_covariance=False, data_range=1, channel_axis=2)}.
     *
     * @throws MixdqException if a side is shorter than 11
     */
    public static double gaussian(float[] a, float[] b, int height, int width, int channels) {
        checkLengths(a, b, height, width, channels);
        if (height < WINDOW.length || width < WINDOW.length) {
            throw new MixdqException("SSIM slides a window of 11 x 11 pixels, but the picture has " + width + " x "
                    + height + "; compare larger pictures, or use the global SSIM.");
        }
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            sum += gaussian(channel(a, c, channels), channel(b, c, channels), height, width);
        }
        return sum / channels;
    }

    /**
     * MixDQ's index: one flat window over the whole picture, with the sample covariance. (MixDQ slides a 511 x 511 window
     * over 512 x 512 pixels, which leaves four almost equal places.)
     */
    public static double global(float[] a, float[] b, int height, int width, int channels) {
        checkLengths(a, b, height, width, channels);
        if (height * width < 2) {
            throw new MixdqException("SSIM needs at least two pixels, but the picture has " + width + " x " + height
                    + "; compare larger pictures.");
        }
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            sum += global(channel(a, c, channels), channel(b, c, channels));
        }
        return sum / channels;
    }

    private static double gaussian(double[] a, double[] b, int height, int width) {
        double[] meanA = blur(a, height, width);
        double[] meanB = blur(b, height, width);
        double[] squareA = blur(product(a, a), height, width);
        double[] squareB = blur(product(b, b), height, width);
        double[] cross = blur(product(a, b), height, width);
        double sum = 0;
        for (int i = 0; i < cross.length; i++) {
            sum += index(
                    meanA[i],
                    meanB[i],
                    squareA[i] - meanA[i] * meanA[i],
                    squareB[i] - meanB[i] * meanB[i],
                    cross[i] - meanA[i] * meanB[i]);
        }
        return sum / cross.length;
    }

    private static double global(double[] a, double[] b) {
        double meanA = mean(a);
        double meanB = mean(b);
        double varianceA = 0;
        double varianceB = 0;
        double covariance = 0;
        for (int i = 0; i < a.length; i++) {
            double deviationA = a[i] - meanA;
            double deviationB = b[i] - meanB;
            varianceA += deviationA * deviationA;
            varianceB += deviationB * deviationB;
            covariance += deviationA * deviationB;
        }
        int freedom = a.length - 1;
        return index(meanA, meanB, varianceA / freedom, varianceB / freedom, covariance / freedom);
    }

    private static double index(double meanA, double meanB, double varianceA, double varianceB, double covariance) {
        double luminance = (2 * meanA * meanB + C1) / (meanA * meanA + meanB * meanB + C1);
        return luminance * (2 * covariance + C2) / (varianceA + varianceB + C2);
    }

    /** The windowed mean wherever the window fits: rows first, then columns; 2 * RADIUS shorter on each side. */
    private static double[] blur(double[] plane, int height, int width) {
        int outHeight = height - 2 * RADIUS;
        int outWidth = width - 2 * RADIUS;
        double[] rows = new double[height * outWidth];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < outWidth; x++) {
                double sum = 0;
                for (int k = 0; k < WINDOW.length; k++) {
                    sum += WINDOW[k] * plane[y * width + x + k];
                }
                rows[y * outWidth + x] = sum;
            }
        }
        double[] out = new double[outHeight * outWidth];
        for (int k = 0; k < WINDOW.length; k++) {
            for (int i = 0; i < out.length; i++) {
                out[i] += WINDOW[k] * rows[k * outWidth + i];
            }
        }
        return out;
    }

    private static double[] window() {
        double[] window = new double[2 * RADIUS + 1];
        double sum = 0;
        for (int k = 0; k < window.length; k++) {
            window[k] = StrictMath.exp(-(k - RADIUS) * (k - RADIUS) / (2 * SIGMA * SIGMA));
            sum += window[k];
        }
        for (int k = 0; k < window.length; k++) {
            window[k] /= sum;
        }
        return window;
    }

    private static double[] product(double[] a, double[] b) {
        double[] product = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            product[i] = a[i] * b[i];
        }
        return product;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static double[] channel(float[] picture, int channel, int channels) {
        double[] plane = new double[picture.length / channels];
        for (int i = 0; i < plane.length; i++) {
            plane[i] = picture[i * channels + channel];
        }
        return plane;
    }

    private static void checkLengths(float[] a, float[] b, int height, int width, int channels) {
        long expected = (long) height * width * channels;
        if (height < 1 || width < 1 || channels < 1 || a.length != expected || b.length != expected) {
            throw new IllegalArgumentException("pictures of " + a.length + " and " + b.length + " values are not both "
                    + height + " x " + width + " x " + channels);
        }
    }
}
