package org.mixdq4j.ptq.rounding;

import java.util.stream.IntStream;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.quant.WeightQuant;

/**
 * GPTQ (arXiv 2210.17323): weights of an output channel are rounded one after the other, and what rounding did to the output
 * so far is made up for by those that follow. Channels are independent. Scales are those of rounding to nearest; with groups
 * a group's multiplier is chosen when its turn comes, from the weights as they then are.
 */
final class ErrorFeedback {
    private static final int BLOCK = 64;
    private static final int TILE = 512;
    /** Channels that share a pass over the factor. */
    private static final int CHANNELS = 16;

    private final FeedbackFactor factor;

    /** @param factor in the order columns are to be rounded; with groups, the natural order */
    ErrorFeedback(FeedbackFactor factor) {
        this.factor = factor;
    }

    /**
     * Rounds.
     *
     * @param nearest the same weights rounded to nearest with {@code search}: what scales are taken from
     */
    SymmetricWeights round(PartWeights weights, SymmetricWeights nearest, WeightQuant quant, ScaleSearch search) {
        int outputs = weights.outputs();
        byte[][] integers = new byte[outputs][weights.width()];
        byte[][] multipliers = new byte[outputs][nearest.code().groups(weights.width())];
        int chunks = (outputs + CHANNELS - 1) / CHANNELS;
        IntStream.range(0, chunks).parallel().forEach(chunk -> {
            int first = chunk * CHANNELS;
            Channel[] channels = IntStream.range(first, Math.min(outputs, first + CHANNELS))
                    .mapToObj(o -> new Channel(
                            weights.rows()[o], nearest.scale()[o], quant, search, multipliers[o], integers[o]))
                    .toArray(Channel[]::new);
            round(channels, quant.group());
        });
        byte[] flat = new byte[outputs * multipliers[0].length];
        for (int o = 0; o < outputs; o++) {
            System.arraycopy(multipliers[o], 0, flat, o * multipliers[o].length, multipliers[o].length);
        }
        return weights.symmetric(integers, nearest.scale().clone(), new WeightCode(quant.bits(), quant.group(), flat));
    }

    private void round(Channel[] channels, int group) {
        int width = factor.width();
        // A block begins where a group does, so that all that came before a group is made up for when it begins.
        int block = group == 0 ? BLOCK : group * Math.max(1, BLOCK / group);
        for (int turn = 0; turn < width; turn += block) {
            int last = width - turn;
            int first = Math.max(0, last - block);
            for (Channel channel : channels) {
                channel.round(first, last);
            }
            for (int from = 0; from < first; from += TILE) {
                int to = Math.min(first, from + TILE);
                for (Channel channel : channels) {
                    RowSums.add(channel.owed, from, to, channel.error, factor.rows(), first, last);
                }
            }
        }
    }

    /** One output channel while it is rounded, indexed like the factor: backwards. */
    private final class Channel {
        private final float[] weights;
        private final float scale;
        private final WeightQuant quant;
        private final ScaleSearch search;
        private final int largest;
        private final byte[] multipliers;
        private final byte[] integers;
        private final double[] error;
        /** What earlier errors ask each weight to change by. */
        private final double[] owed;

        Channel(
                float[] weights,
                float scale,
                WeightQuant quant,
                ScaleSearch search,
                byte[] multipliers,
                byte[] integers) {
            this.weights = weights;
            this.scale = scale;
            this.quant = quant;
            this.search = search;
            this.largest = (1 << (quant.bits() - 1)) - 1;
            this.multipliers = multipliers;
            this.integers = integers;
            this.error = new double[weights.length];
            this.owed = new double[weights.length];
        }

        void round(int first, int last) {
            int multiplier = 1;
            for (int s = last - 1; s >= first; s--) {
                int column = factor.column(s);
                if (quant.group() > 0 && column % quant.group() == 0) {
                    multiplier = multiplier(s);
                    multipliers[column / quant.group()] = (byte) multiplier;
                }
                double step = (double) scale * multiplier;
                int code =
                        (int) Math.max(-largest - 1, Math.min(largest, Math.rint((weights[column] + owed[s]) / step)));
                integers[column] = (byte) (code * multiplier);
                error[s] = weights[column] - code * step;
                RowSums.one(owed, first, s, error[s], factor.rows()[s]);
            }
        }

        /**
         * The multiplier for the group whose turn begins at {@code s}, from the weights that would make up best for all
         * errors so far if none of those left were rounded: what is owed a weight counts on the ones before it in the group
         * to stay as they are, so what they change by is taken off.
         */
        private int multiplier(int s) {
            float[] group = new float[Math.min(quant.group(), s + 1)];
            double[] change = new double[s + 1];
            System.arraycopy(owed, s + 1 - group.length, change, s + 1 - group.length, group.length);
            for (int i = 0; i < group.length; i++) {
                int at = s - i;
                group[i] = (float) (weights[factor.column(at)] + change[at]);
                RowSums.one(change, s + 1 - group.length, at, -change[at], factor.rows()[at]);
            }
            return SymmetricWeights.multiplier(group, scale, quant.bits(), search);
        }
    }
}
