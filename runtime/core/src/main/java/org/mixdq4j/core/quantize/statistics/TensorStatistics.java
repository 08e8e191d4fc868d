package org.mixdq4j.core.quantize.statistics;

import java.util.Arrays;

/**
 * What is known of the values a layer reads: their count and extremes, an exponential moving average of the extremes of
 * consecutive batches (MixDQ's running min-max), a histogram, and the extremes of each channel in each bucket of timesteps.
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
    private final float[][] bucketMin;
    private final float[][] bucketMax;

    /** Of one bucket. */
    public TensorStatistics(int channels) {
        this(channels, 1);
    }

    /** @param buckets how many buckets of timesteps there are */
    public TensorStatistics(int channels, int buckets) {
        this.histogram = new Histogram();
        this.bucketMin = new float[buckets][channels];
        this.bucketMax = new float[buckets][channels];
        for (int b = 0; b < buckets; b++) {
            Arrays.fill(bucketMin[b], Float.POSITIVE_INFINITY);
            Arrays.fill(bucketMax[b], Float.NEGATIVE_INFINITY);
        }
    }

    /**
     * Restores saved statistics.
     *
     * @param bucketMin least value, [buckets][channels]
     * @param bucketMax greatest value, likewise
     */
    public TensorStatistics(
            long count,
            float min,
            float max,
            double runningMin,
            double runningMax,
            Histogram histogram,
            float[][] bucketMin,
            float[][] bucketMax) {
        this.count = count;
        this.min = min;
        this.max = max;
        this.runningMin = runningMin;
        this.runningMax = runningMax;
        this.histogram = histogram;
        this.bucketMin = copy(bucketMin);
        this.bucketMax = copy(bucketMax);
    }

    /** Adds values to the first bucket. */
    public void add(float[] values, int channels, int inner, int from, int to, int firstOuter, int group) {
        add(0, values, channels, inner, from, to, firstOuter, group);
    }

    /**
     * Adds values seen as [outer, channels, inner], of which only channels {@code [from, to)} count.
     *
     * @param bucket of the timestep they were seen at
     * @param firstOuter outer entries of each group to skip from its start (1 skips the BOS row)
     * @param group outer entries a group: tokens of a sequence, or 1
     * @throws IllegalArgumentException if a value that counts is NaN or infinite
     */
    public void add(int bucket, float[] values, int channels, int inner, int from, int to, int firstOuter, int group) {
        float[] channelMin = bucketMin[bucket];
        float[] channelMax = bucketMax[bucket];
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

    /** How many buckets of timesteps there are. */
    public int buckets() {
        return bucketMin.length;
    }

    /** Smallest value of each channel in each bucket, [buckets][channels]; infinite where nothing was seen. */
    public float[][] bucketMin() {
        return copy(bucketMin);
    }

    /** Largest value of each channel in each bucket, [buckets][channels]; negative infinity where nothing was seen. */
    public float[][] bucketMax() {
        return copy(bucketMax);
    }

    /** Smallest value of each channel over all buckets; infinite where nothing was seen. */
    public float[] channelMin() {
        float[] least = bucketMin[0].clone();
        for (float[] bucket : bucketMin) {
            for (int c = 0; c < least.length; c++) {
                least[c] = Math.min(least[c], bucket[c]);
            }
        }
        return least;
    }

    /** Largest value of each channel over all buckets; negative infinity where nothing was seen. */
    public float[] channelMax() {
        float[] most = bucketMax[0].clone();
        for (float[] bucket : bucketMax) {
            for (int c = 0; c < most.length; c++) {
                most[c] = Math.max(most[c], bucket[c]);
            }
        }
        return most;
    }

    /** Largest magnitude of each channel over all buckets; 0 where nothing was seen. */
    public float[] channelAbsMax() {
        return magnitudes(channelMin(), channelMax());
    }

    /** Largest magnitude of each channel in one bucket; 0 where nothing was seen. */
    public float[] channelAbsMax(int bucket) {
        return magnitudes(bucketMin[bucket], bucketMax[bucket]);
    }

    private static float[] magnitudes(float[] least, float[] most) {
        float[] largest = new float[least.length];
        for (int c = 0; c < largest.length; c++) {
            largest[c] = Math.max(0, Math.max(-least[c], most[c]));
        }
        return largest;
    }

    private static float[][] copy(float[][] rows) {
        return Arrays.stream(rows).map(float[]::clone).toArray(float[][]::new);
    }
}
