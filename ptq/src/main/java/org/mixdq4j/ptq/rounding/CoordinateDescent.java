package org.mixdq4j.ptq.rounding;

import java.nio.ByteBuffer;
import java.util.stream.IntStream;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightCode;

/**
 * Makes {@code tr(E H E^T)}, E = w - q * scale, smaller from any rounding: each sweep sets every code in turn to the best with
 * all others as they are, and the scale of each channel to its least-squares value for its integers,
 * {@code (w H q) / (q H q)}. Neither can make it larger.
 */
final class CoordinateDescent {
    private static final int BLOCK = 64;
    private static final int CHANNELS = 8;

    private final SecondMoment moment;

    /** @param moment damped */
    CoordinateDescent(SecondMoment moment) {
        this.moment = moment;
    }

    /** @param sweeps at most this many: it ends when a sweep changes no code */
    SymmetricWeights refine(PartWeights weights, SymmetricWeights start, int sweeps) {
        int outputs = weights.outputs();
        Channel[] channels = IntStream.range(0, outputs)
                .parallel()
                .mapToObj(o -> new Channel(weights.rows()[o], start, o))
                .toArray(Channel[]::new);
        for (int sweep = 0; sweep < sweeps; sweep++) {
            long before = changes(channels);
            forEachPanel(channels, Channel::descend);
            if (changes(channels) == before) {
                break;
            }
            forEachPanel(channels, Channel::project);
            for (Channel channel : channels) {
                channel.rescale();
            }
        }
        byte[][] integers = new byte[outputs][];
        float[] scale = new float[outputs];
        for (int o = 0; o < outputs; o++) {
            integers[o] = channels[o].integers;
            scale[o] = channels[o].scale;
        }
        return weights.symmetric(integers, scale, start.code());
    }

    private static long changes(Channel[] channels) {
        long sum = 0;
        for (Channel channel : channels) {
            sum += channel.changes;
        }
        return sum;
    }

    private interface Step {
        void at(Channel channel, double[][] panel, int from, int to);
    }

    private void forEachPanel(Channel[] channels, Step step) {
        int chunks = (channels.length + CHANNELS - 1) / CHANNELS;
        for (int from = 0; from < moment.width(); from += BLOCK) {
            int first = from;
            int last = Math.min(moment.width(), from + BLOCK);
            double[][] panel = moment.panel(first, last);
            IntStream.range(0, chunks).parallel().forEach(chunk -> {
                for (int o = chunk * CHANNELS; o < Math.min(channels.length, (chunk + 1) * CHANNELS); o++) {
                    step.at(channels[o], panel, first, last);
                }
            });
        }
    }

    private static final class Channel {
        private final float[] weights;
        private final WeightCode code;
        private final int output;
        private final int largest;
        private final byte[] integers;
        private final double[] error;
        private float scale;
        private long changes;
        private double weightsByIntegers;
        private double integersByIntegers;

        Channel(float[] weights, SymmetricWeights start, int output) {
            this.weights = weights;
            this.code = start.code();
            this.output = output;
            this.largest = (1 << (code.bits() - 1)) - 1;
            this.scale = start.scale()[output];
            this.integers = new byte[weights.length];
            ByteBuffer buffer = start.integers().buffer();
            buffer.get(output * weights.length, integers);
            this.error = new double[weights.length];
            measure();
        }

        private void measure() {
            for (int k = 0; k < weights.length; k++) {
                error[k] = weights[k] - integers[k] * (double) scale;
            }
        }

        void descend(double[][] panel, int from, int to) {
            double[] slope = new double[to - from];
            RowSums.add(slope, 0, slope.length, error, panel, 0, error.length);
            for (int k = from; k < to; k++) {
                double curvature = panel[k][k - from];
                int multiplier = code.multiplier(output, k, weights.length);
                double step = (double) scale * multiplier;
                int old = integers[k] / multiplier;
                double wanted = Math.rint(old + slope[k - from] / (step * curvature));
                int now = (int) Math.max(-largest - 1, Math.min(largest, wanted));
                if (now != old && curvature > 0) {
                    double change = (now - old) * step;
                    integers[k] = (byte) (now * multiplier);
                    error[k] -= change;
                    RowSums.one(slope, 0, slope.length, -change, panel[k]);
                    changes++;
                }
            }
        }

        /** Adds these columns' share of {@code w H q} and {@code q H q}. */
        void project(double[][] panel, int from, int to) {
            double[] moments = new double[to - from];
            double[] values = new double[integers.length];
            for (int k = 0; k < values.length; k++) {
                values[k] = integers[k];
            }
            RowSums.add(moments, 0, moments.length, values, panel, 0, values.length);
            for (int k = from; k < to; k++) {
                weightsByIntegers += weights[k] * moments[k - from];
                integersByIntegers += values[k] * moments[k - from];
            }
        }

        void rescale() {
            double best = weightsByIntegers / integersByIntegers;
            if (best > Float.MIN_NORMAL && best < Float.MAX_VALUE) {
                scale = (float) best;
                measure();
            }
            weightsByIntegers = 0;
            integersByIntegers = 0;
        }
    }
}
