package org.mixdq4j.cpu.packed;

/** The multiplier of every integer of a weight, in the order in which the integers lie in memory. */
public interface Multipliers {
    /** All of them 1. */
    Multipliers NONE = () -> {
        throw new IllegalStateException("without groups there are no multipliers to read");
    };

    /** A reader for one thread. */
    Reader reader();

    /** Bytes held to know them. */
    default long bytes() {
        return 0;
    }

    /** Reads runs of multipliers. */
    @FunctionalInterface
    interface Reader {
        /**
         * The multipliers from integer {@code 8 * first} on, one a byte.
         *
         * @param multipliers to fill; what lies past the last integer is left as it was
         */
        void read(int first, long[] multipliers);
    }
}
