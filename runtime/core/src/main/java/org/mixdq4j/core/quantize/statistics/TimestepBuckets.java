package org.mixdq4j.core.quantize.statistics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The timesteps of a calibration set, cut into few runs of nearly equally many: activations change with the timestep
 * (ViDiT-Q), so the extremes of channels are kept for each run.
 *
 * @param ranges from the noisiest on, no two of them overlap
 */
public record TimestepBuckets(List<Range> ranges) {
    /** At most; a set of fewer timesteps has a bucket for each. */
    static final int MOST = 4;

    public TimestepBuckets {
        ranges = List.copyOf(ranges);
    }

    /** The timesteps of a bucket, both ends among them. */
    public record Range(double least, double most) {
        private boolean holds(double timestep) {
            return least <= timestep && timestep <= most;
        }

        @Override
        public String toString() {
            return least + " to " + most;
        }
    }

    /** One bucket, for whatever timestep. */
    public static TimestepBuckets whole() {
        return new TimestepBuckets(List.of(new Range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY)));
    }

    /** @param timesteps of a set, in any order; those that come more than once count once */
    public static TimestepBuckets of(List<Double> timesteps) {
        if (timesteps.isEmpty()) {
            return whole();
        }
        List<Double> distinct =
                timesteps.stream().distinct().sorted(Comparator.reverseOrder()).toList();
        int buckets = Math.min(MOST, distinct.size());
        List<Range> ranges = new ArrayList<>();
        for (int b = 0; b < buckets; b++) {
            int from = b * distinct.size() / buckets;
            int to = (b + 1) * distinct.size() / buckets;
            ranges.add(new Range(distinct.get(to - 1), distinct.get(from)));
        }
        return new TimestepBuckets(ranges);
    }

    public int count() {
        return ranges.size();
    }

    /** Index of the bucket a timestep of the set belongs to. @throws IllegalArgumentException if it is none of the set's */
    public int indexOf(double timestep) {
        for (int b = 0; b < ranges.size(); b++) {
            if (ranges.get(b).holds(timestep)) {
                return b;
            }
        }
        throw new IllegalArgumentException("no bucket of " + ranges + " holds timestep " + timestep);
    }
}
