package org.mixdq4j.bitalloc.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.MixdqException;

/** The solver against all choices counted out, and against dynamic programming where these are too many. */
class OptimalityTest {
    private static final MultipleChoiceSolver SOLVER = new MultipleChoiceSolver(60);

    private static MultipleChoice random(Random random, int classes, boolean coarse, boolean window) {
        int[] bits = {2, 4, 8};
        long[][] cost = new long[classes][];
        double[][] value = new double[classes][];
        for (int i = 0; i < classes; i++) {
            long size = 1 + random.nextInt(coarse ? 5 : 400);
            int options = 1 + random.nextInt(3);
            cost[i] =
                    Arrays.stream(bits).limit(options).mapToLong(b -> b * size).toArray();
            value[i] = new double[options];
            for (int k = 0; k < options; k++) {
                // Not always better with more bits, as measured tables are not either.
                double v = 1 - random.nextDouble() * Math.pow(0.25, k) * 0.1;
                value[i][k] = coarse ? Math.rint(v * 50) / 50 : v;
            }
        }
        MultipleChoice all = new MultipleChoice(cost, value, 0, Long.MAX_VALUE);
        long capacity = all.leastCost() + (long) (random.nextDouble() * (all.mostCost() - all.leastCost()));
        long floor = window ? capacity - (all.mostCost() - all.leastCost()) / 3 : 0;
        return new MultipleChoice(cost, value, Math.max(0, floor), capacity);
    }

    /** Best value, and the least cost it (to within 1e-9 of the range) can be had for. */
    private static double[] countedOut(MultipleChoice problem) {
        int[] choice = new int[problem.cost().length];
        double best = Double.NEGATIVE_INFINITY;
        for (int pass = 0; pass < 2; pass++) {
            long cheapest = Long.MAX_VALUE;
            Arrays.fill(choice, 0);
            do {
                long cost = problem.cost(choice);
                if (cost <= problem.capacity() && cost >= problem.floor()) {
                    if (pass == 0) {
                        best = Math.max(best, problem.value(choice));
                    } else if (problem.value(choice) >= best - 1e-9 * problem.range()) {
                        cheapest = Math.min(cheapest, cost);
                    }
                }
            } while (next(choice, problem));
            if (pass == 1) {
                return new double[] {best, cheapest};
            }
        }
        throw new AssertionError();
    }

    private static boolean next(int[] choice, MultipleChoice problem) {
        for (int i = 0; i < choice.length; i++) {
            if (++choice[i] < problem.cost()[i].length) {
                return true;
            }
            choice[i] = 0;
        }
        return false;
    }

    @ParameterizedTest(name = "ties {0}")
    @ValueSource(booleans = {false, true})
    void equalsAllChoicesCountedOut(boolean coarse) {
        Random random = new Random(coarse ? 11 : 7);
        for (int n = 0; n < 150; n++) {
            MultipleChoice problem = random(random, 1 + random.nextInt(9), coarse, false);
            double[] expected = countedOut(problem);
            Solution solution = SOLVER.solve(problem);
            assertThat(solution.proven()).isTrue();
            assertThat(solution.objective()).as("problem %d", n).isCloseTo(expected[0], within(1e-9));
            assertThat(solution.bound()).isBetween(solution.objective(), solution.objective() + 1e-8);
            assertThat(problem.cost(solution.choice()))
                    .as("the cheapest of the best, problem %d", n)
                    .isEqualTo((long) expected[1])
                    .isLessThanOrEqualTo(problem.capacity());
        }
    }

    @Test
    void keepsAFloor() {
        Random random = new Random(3);
        int feasible = 0;
        for (int n = 0; n < 100; n++) {
            MultipleChoice problem = random(random, 3 + random.nextInt(6), false, true);
            double[] expected = countedOut(problem);
            if (expected[0] == Double.NEGATIVE_INFINITY) {
                assertThatThrownBy(() -> SOLVER.solve(problem)).isInstanceOf(MixdqException.class);
                continue;
            }
            feasible++;
            Solution solution = SOLVER.solve(problem);
            assertThat(solution.objective()).as("problem %d", n).isCloseTo(expected[0], within(1e-9));
            assertThat(problem.cost(solution.choice())).isBetween(problem.floor(), problem.capacity());
        }
        assertThat(feasible).isGreaterThan(50);
    }

    @ParameterizedTest(name = "{0} classes")
    @ValueSource(ints = {50, 200, 600})
    void equalsDynamicProgramming(int classes) {
        for (int seed = 0; seed < 5; seed++) {
            MultipleChoice problem = random(new Random(seed), classes, false, false);
            Solution solution = SOLVER.solve(problem);
            assertThat(solution.proven()).isTrue();
            assertThat(solution.objective())
                    .as("seed %d", seed)
                    .isCloseTo(ExactKnapsack.optimum(problem), within(1e-9 * problem.range()));
        }
    }

    @Test
    void layersThatAreAlikeGetTheirBitsInOrder() {
        long[][] cost = new long[6][];
        double[][] value = new double[6][];
        Arrays.setAll(cost, i -> new long[] {4, 8});
        Arrays.setAll(value, i -> new double[] {0.9, 1.0});
        Solution solution = SOLVER.solve(new MultipleChoice(cost, value, 0, 34));
        assertThat(solution.choice()).containsExactly(1, 1, 0, 0, 0, 0);
    }

    @Test
    void bitsThatGainNothingAreNotSpent() {
        MultipleChoice problem = new MultipleChoice(
                new long[][] {{2, 4, 8}, {2, 4, 8}}, new double[][] {{0.5, 0.9, 0.9}, {0.9, 0.8, 0.95}}, 0, 1000);
        assertThat(SOLVER.solve(problem).choice()).containsExactly(1, 2);
    }

    @Test
    void aBudgetBelowTheCheapestIsRefused() {
        MultipleChoice problem = new MultipleChoice(new long[][] {{4, 8}}, new double[][] {{0, 1}}, 0, 3);
        assertThatThrownBy(() -> SOLVER.solve(problem))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("cheapest costs 4");
    }
}
