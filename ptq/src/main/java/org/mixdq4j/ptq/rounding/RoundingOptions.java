package org.mixdq4j.ptq.rounding;

/**
 * How weights are rounded by what layers read.
 *
 * @param mostBits layers with weights of more bits are rounded to nearest: their rounding error does not matter
 * @param vectors about how many input vectors a layer's second moment is summed over, spread evenly over rows and positions
 * @param heldOutVectors about how many held-out vectors roundings are compared on
 * @param damping share of a moment's mean diagonal added to its diagonal
 * @param largestFirst whether columns are rounded by descending second moment (act-order); with groups they never are
 * @param sweeps most sweeps of coordinate descent after error feedback; 0 for none
 * @param memory bytes for moments of layers handled together; a single layer that needs more gets more
 * @param checkRows most calibration rows on which the whole network is compared
 */
public record RoundingOptions(
        int mostBits,
        int vectors,
        int heldOutVectors,
        double damping,
        boolean largestFirst,
        int sweeps,
        long memory,
        int checkRows) {
    public RoundingOptions {
        if (mostBits < 2 || mostBits > 8 || vectors < 1 || heldOutVectors < 1 || !(damping > 0) || sweeps < 0) {
            throw new IllegalArgumentException("no rounding has " + mostBits + " bits, " + vectors + " and "
                    + heldOutVectors + " vectors, damping " + damping + " and " + sweeps + " sweeps");
        }
    }

    public static RoundingOptions defaults() {
        return new RoundingOptions(7, 16384, 1024, 0.01, true, 1, 1L << 30, 16);
    }

    /** What determines the result: memory only decides in how many passes it is found. */
    RoundingOptions withoutMemory() {
        return new RoundingOptions(mostBits, vectors, heldOutVectors, damping, largestFirst, sweeps, 0, checkRows);
    }
}
