package org.mixdq4j.cpu.packed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a blocked weight lies in memory: tiles of {@code [outputs, lanes]} consecutive bytes, a lane being an input channel
 * (oneDNN's {@code 64a4b}: 64 outputs with 4 inputs each), and which tile comes after which.
 *
 * @param digits of a tile's number, the slowest first: what each says of the tile's position
 * @param outputs of a tile
 * @param lanes inputs of a tile; 1, 2, 4 or 8
 */
public record TiledLayout(List<Digit> digits, int outputs, int lanes) {
    /** What a place in memory is made of. */
    public enum Axis {
        OUTPUT,
        INPUT,
        /** Row and column of a kernel, counted row by row. */
        TAP
    }

    /** Counts from 0 to {@code extent - 1}, by {@code step} along {@code axis} each. */
    public record Digit(Axis axis, int extent, int step) {}

    public TiledLayout {
        digits = List.copyOf(digits);
        if (Long.BYTES % lanes != 0 || outputs * lanes % Long.BYTES != 0) {
            throw new IllegalArgumentException("no tiles of " + outputs + " outputs and " + lanes + " inputs");
        }
    }

    /** Bytes of a tile, in longs. */
    int tileLongs() {
        return outputs * lanes / Long.BYTES;
    }

    /**
     * How the weights of {@code count} outputs lie that begin at a tile's first; empty if these are not in one piece.
     */
    public Optional<TiledLayout> part(int count) {
        List<Digit> inner =
                digits.isEmpty() || digits.get(0).axis() != Axis.OUTPUT ? digits : digits.subList(1, digits.size());
        if (inner.stream().anyMatch(digit -> digit.axis() == Axis.OUTPUT)) {
            return Optional.empty();
        }
        List<Digit> part = new ArrayList<>(inner);
        int blocks = (count + outputs - 1) / outputs;
        if (blocks > 1) {
            part.add(0, new Digit(Axis.OUTPUT, blocks, outputs));
        }
        return Optional.of(new TiledLayout(part, outputs, lanes));
    }

    int tiles() {
        return digits.stream().mapToInt(Digit::extent).reduce(1, Math::multiplyExact);
    }

    /** One past the largest input there is place for. */
    int inputs() {
        return lanes
                + digits.stream()
                        .filter(digit -> digit.axis() == Axis.INPUT)
                        .mapToInt(digit -> (digit.extent() - 1) * digit.step())
                        .sum();
    }

    /** A tile that moves through memory. */
    Cursor cursor() {
        return new Cursor();
    }

    /** Where a tile's first output, input and tap are. */
    final class Cursor {
        private final int[] axes =
                digits.stream().mapToInt(digit -> digit.axis().ordinal()).toArray();
        private final int[] extents = digits.stream().mapToInt(Digit::extent).toArray();
        private final int[] steps = digits.stream().mapToInt(Digit::step).toArray();
        private final int[] counts = new int[extents.length];
        private final int[] position = new int[Axis.values().length];

        /** Goes to tile {@code index}. */
        void seek(int index) {
            Arrays.fill(position, 0);
            int rest = index;
            for (int i = counts.length - 1; i >= 0; i--) {
                counts[i] = rest % extents[i];
                rest /= extents[i];
                position[axes[i]] += counts[i] * steps[i];
            }
        }

        /** Tiles from this one on that lie next to each other along the inputs, at least 1. */
        int run() {
            int last = extents.length - 1;
            boolean along = last >= 0 && axes[last] == Axis.INPUT.ordinal() && steps[last] == lanes;
            return along ? extents[last] - counts[last] : 1;
        }

        /** Goes {@code tiles} further, at most {@link #run}. */
        void skip(int tiles) {
            int last = extents.length - 1;
            if (tiles > 1) {
                position[axes[last]] += (tiles - 1) * steps[last];
                counts[last] += tiles - 1;
            }
            next();
        }

        /** Goes to the next tile, after the last to the first. */
        void next() {
            for (int i = counts.length - 1; i >= 0; i--) {
                position[axes[i]] += steps[i];
                if (++counts[i] < extents[i]) {
                    return;
                }
                position[axes[i]] -= extents[i] * steps[i];
                counts[i] = 0;
            }
        }

        int output() {
            return position[Axis.OUTPUT.ordinal()];
        }

        int input() {
            return position[Axis.INPUT.ordinal()];
        }

        int tap() {
            return position[Axis.TAP.ordinal()];
        }
    }
}
