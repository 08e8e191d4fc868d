package org.mixdq4j.bitalloc.plan;

import java.util.Locale;

/**
 * What a layer got and why.
 *
 * @param bits {@link #FLOAT} for a layer left in float
 */
public record Decision(int bits, Reason reason) {
    /** Stands for a layer left in float, which bytes count as 16 bits an element. */
    public static final int FLOAT = 16;

    /** Why a layer has its bits. */
    public enum Reason {
        /** Among the share of layers whose activations are most sensitive at 8 bits. */
        PROTECTED,
        /** Named on the command line. */
        PINNED,
        /** The solver's choice under the budget. */
        BUDGET;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public boolean isFloat() {
        return bits == FLOAT;
    }
}
