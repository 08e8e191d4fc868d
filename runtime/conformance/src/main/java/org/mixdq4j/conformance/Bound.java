package org.mixdq4j.conformance;

import org.mixdq4j.core.exec.FloatType;

/** How far an executor's output may be from that of plain Java. */
public sealed interface Bound {
    /** Bit for bit: what is moved and not computed. */
    record Bits() implements Bound {}

    /** The largest difference, as a part of the largest magnitude of the output. */
    record Relative(double of) implements Bound {}

    /** Signal to noise: where a value next to a rounding boundary may fall to either side. */
    record Decibels(double least) implements Bound {}

    /** A quarter of what an integer sum that is off by one would change, and a few units in the last place. */
    record Sums() implements Bound {}

    Bound BITS = new Bits();
    Bound SUMS = new Sums();

    static Bound relative(double of) {
        return new Relative(of);
    }

    /** What a value loses when it is rounded to a type once. */
    static double rounding(FloatType type) {
        return switch (type) {
            case F32 -> 0x1p-24;
            case BF16 -> 0x1p-9;
            case F16 -> 0x1p-12;
        };
    }
}
