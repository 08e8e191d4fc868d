package org.mixdq4j.ptq.run;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.mixdq4j.ptq.plan.BitPlan;
import org.mixdq4j.ptq.plan.BitTable;
import org.mixdq4j.ptq.plan.Candidates;
import org.mixdq4j.ptq.rank.RankBy;

/** Where the bits of each layer come from, if not from the scheme. */
public sealed interface PlanChoice {
    /** Whether the scheme's protection of the worst layers holds besides; else the plan decides alone. */
    boolean protect();

    /** Every table that may be used. */
    Stream<BitTable> tables();

    /** This plan. */
    record Given(BitPlan plan, boolean protect) implements PlanChoice {
        @Override
        public Stream<BitTable> tables() {
            return plan.tables();
        }
    }

    /**
     * The best of several: first of weights, then, with those, of activations (MixDQ section 5.5).
     *
     * @param acts used with every candidate, in place of the candidates' own; empty: weights are compared with inputs in
     *     float
     * @param rows steps of calibration samples to compare on
     */
    record Best(Candidates candidates, Optional<BitTable> acts, Limits limits, RankBy by, int rows, boolean protect)
            implements PlanChoice {
        @Override
        public Stream<BitTable> tables() {
            return Stream.of(candidates.weights().stream(), candidates.acts().stream(), acts.stream())
                    .flatMap(tables -> tables);
        }
    }

    /**
     * Which candidates come into question.
     *
     * @param bits only averages of weights from {@link #WINDOW} below this to this
     * @param actBits the same for activations
     * @param bytes only networks whose tensors take no more
     */
    record Limits(OptionalDouble bits, OptionalDouble actBits, OptionalLong bytes) {
        /** How far below a wanted average candidates are looked at (MixDQ's sweep). */
        public static final double WINDOW = 0.3;

        public static Limits none() {
            return new Limits(OptionalDouble.empty(), OptionalDouble.empty(), OptionalLong.empty());
        }

        static boolean near(OptionalDouble wanted, double average) {
            // A budget is a decimal, an average a quotient.
            return wanted.isEmpty()
                    || average <= wanted.getAsDouble() + 1e-9 && average >= wanted.getAsDouble() - WINDOW - 1e-9;
        }
    }
}
