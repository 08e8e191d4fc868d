package org.mixdq4j.core.statistics;

import java.util.Arrays;

/**
 * What is known of the values a layer reads: their count and extremes, an exponential moving average of the extremes of
 * consecutive batches (MixDQ's running min-max), a histogram, and the extremes of each channel.
 */
public final class TensorStatistics {
    private long count;
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;
    private double runningMin = Double.NaN;
    private double runningMax = Double.NaN;
    private float batchMin = Float.POSITIVE_INFINITY;
    private float batchMax = Float.NEGATIVE_INFINITY;
    private final Histogram histogram;
    private final float[] channelMin;
    private final float[] channelMax;

    public TensorStatistics(int channels) {
        this.histogram = new Histogram();
        this.channelMin = new float[channels];
        this.channelMax = new float[channels];
        Arrays.fill(channelMin, Float.POSITIVE_INFINITY);
        Arrays.fill(channelMax, Float.NEGATIVE_INFINITY);
    }

    /** Restores saved statistics. */
    public TensorStatistics(
            long count,
            float min,
            float max,
            double runningMin,
            double runningMax,
            Histogram histogram,
            float[] channelMin,
            float[] channelMax) {
        this.count = count;
        this.min = min;
        this.max = max;
        this.runningMin = runningMin;
        this.runningMax = runningMax;
        this.histogram = histogram;
        this.channelMin = channelMin.clone();
        this.channelMax = channelMax.clone();
    }

    /**
     * Adds values seen as [outer, channels, inner], of which only channels {@code [from, to)} count.
     *
     * @param firstOuter outer entries of each group to skip from its start (1 skips the BOS row)
     * @param group outer entries a group: tokens of a sequence, or 1
     * @throws IllegalArgumentException if a value that counts is NaN or infinite
     */
    public void add(float[] values, int channels, int inner, int from, int to, int firstOuter, int group) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        int outer = values.length / (channels * inner);
        for (int o = 0; o < outer; o++) {
            if (o % group < firstOuter) {
                continue;
            }
            for (int c = from; c < to; c++) {
                float channelLow = channelMin[c - from];
                float channelHigh = channelMax[c - from];
                int start = (o * channels + c) * inner;
                for (int i = start; i < start + inner; i++) {
                    float value = values[i];
                    low = Math.min(low, value);
                    high = Math.max(high, value);
                    channelLow = Math.min(channelLow, value);
                    channelHigh = Math.max(channelHigh, value);
                }
                channelMin[c - from] = channelLow;
                channelMax[c - from] = channelHigh;
            }
        }
        if (low > high) {
            return;
        }
        batchMin = Math.min(batchMin, low);
        batchMax = Math.max(batchMax, high);
        min = Math.min(min, low);
        max = Math.max(max, high);
        histogram.cover(Math.max(Math.abs(low), Math.abs(high)));
        for (int o = 0; o < outer; o++) {
            if (o % group < firstOuter) {
                continue;
            }
            int start = (o * channels + from) * inner;
            int end = (o * channels + to) * inner;
            for (int i = start; i < end; i++) {
                histogram.add(values[i]);
            }
            count += end - start;
        }
    }

    /** Ends a batch: folds its extremes into the moving average with this weight of the past. */
    public void endBatch(double momentum) {
        if (batchMin > batchMax) {
            return;
        }
        runningMin = Double.isNaN(runningMin) ? batchMin : momentum * runningMin + (1 - momentum) * batchMin;
        runningMax = Double.isNaN(runningMax) ? batchMax : momentum * runningMax + (1 - momentum) * batchMax;
        batchMin = Float.POSITIVE_INFINITY;
        batchMax = Float.NEGATIVE_INFINITY;
    }

    public long count() {
        return count;
    }

    public float min() {
        return min;
    }

    public float max() {
        return max;
    }

    public double runningMin() {
        return runningMin;
    }

    public double runningMax() {
        return runningMax;
    }

    public Histogram histogram() {
        return histogram;
    }

    /** Smallest value of each channel; infinite where nothing was seen. */
    public float[] channelMin() {
        return channelMin.clone();
    }

    /** Largest value of each channel; negative infinity where nothing was seen. */
    public float[] channelMax() {
        return channelMax.clone();
    }

    /** Largest magnitude of each channel; 0 where nothing was seen. */
    public float[] channelAbsMax() {
        float[] largest = new float[channelMin.length];
        for (int c = 0; c < largest.length; c++) {
            largest[c] = Math.max(0, Math.max(-channelMin[c], channelMax[c]));
        }
        return largest;
    }
}
