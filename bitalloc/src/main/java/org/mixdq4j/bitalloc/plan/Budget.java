package org.mixdq4j.bitalloc.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/**
 * What a plan may cost: an average of bits over the quantized layers, bytes of all layers with those in float at 16 bits,
 * or both, of which the tighter holds.
 *
 * @param window if above 0, the average must not be more than this below the budget either, as in MixDQ (0.02)
 */
public record Budget(OptionalDouble bits, OptionalLong bytes, double window) {
    public Budget {
        if (bits.isEmpty() && bytes.isEmpty()) {
            throw new UsageException("there is no budget; give average bits, bytes or both");
        }
        if (bits.isPresent() && !(bits.getAsDouble() > 0 && bits.getAsDouble() < Decision.FLOAT)) {
            throw new UsageException("the budget of " + bits.getAsDouble() + " bits is not between 0 and "
                    + Decision.FLOAT + "; give an average like 4.0");
        }
        if (bytes.isPresent() && bytes.getAsLong() <= 0) {
            throw new UsageException("the budget of " + bytes.getAsLong() + " bytes is not above 0; give more");
        }
        if (!(window >= 0 && window < Decision.FLOAT)) {
            throw new UsageException("the window of " + window + " bits is negative or too wide; give one like 0.02");
        }
    }

    public static Budget ofBits(double bits) {
        return new Budget(OptionalDouble.of(bits), OptionalLong.empty(), 0);
    }

    /**
     * The largest cost allowed, in bits times elements.
     *
     * @throws UsageException if no plan is that cheap, saying what is feasible
     */
    public long capacity(BitProblem problem) {
        List<LayerGroup> both = List.of(LayerGroup.values());
        long elements = problem.elements(both);
        long least = problem.leastCost(both);
        long most = problem.mostCost(both);
        long capacity = most;
        if (bits.isPresent()) {
            capacity = Math.min(capacity, times(bits.getAsDouble(), elements));
            if (capacity < least) {
                throw new UsageException(String.format(
                        Locale.ROOT,
                        "no plan averages %s bits or less: with these candidates and pins %.4f to %.4f are feasible;"
                                + " raise the budget or allow fewer bits",
                        bits.getAsDouble(),
                        (double) least / elements,
                        (double) most / elements));
            }
        }
        if (bytes.isPresent()) {
            long inFloat = problem.floatElements() * Decision.FLOAT;
            long allowed = bytes.getAsLong() > Long.MAX_VALUE / 8 ? Long.MAX_VALUE : bytes.getAsLong() * 8;
            capacity = Math.min(capacity, allowed - inFloat);
            if (capacity < least) {
                throw new UsageException("no plan fits " + bytes.getAsLong() + " bytes: with these candidates and pins "
                        + bytes(least + inFloat) + " to " + bytes(most + inFloat)
                        + " are feasible; raise the budget or allow fewer bits");
            }
        }
        return capacity;
    }

    /** The least cost allowed under a capacity for some elements; 0 for none. */
    long floor(long capacity, long elements) {
        return window == 0 ? 0 : Math.max(0, capacity - times(window, elements));
    }

    /** Whole bytes that hold some bits. */
    static long bytes(long bits) {
        return (bits + 7) / 8;
    }

    /** Exact: 3.3 times a number of elements must not gain or lose an element in doubles. */
    private static long times(double bits, long elements) {
        return BigDecimal.valueOf(bits)
                .multiply(BigDecimal.valueOf(elements))
                .setScale(0, RoundingMode.FLOOR)
                .longValueExact();
    }
}
