package org.mixdq4j.bitalloc.solve;

/** {@link ExactKnapsack} for tests of other packages. */
public final class KnapsackOracle {
    private KnapsackOracle() {}

    public static double optimum(MultipleChoice problem) {
        return ExactKnapsack.optimum(problem);
    }
}
