package org.mixdq4j.bitalloc.solve;

import java.util.stream.IntStream;

/**
 * What of a {@link MultipleChoice} is left to decide. Options that cost no less and are worth no more than another of
 * their class are gone (where there is no floor that might need them), and so are those that cannot be part of a choice
 * worth at least {@code known}: by {@link Relaxation}, taking option k of a class lowers the upper bound by its reduced
 * cost. Gone are also options too dear even with the cheapest of all others. What remains of the published 420 content
 * layers is a few dozen, and a proof for these is a proof for all.
 *
 * @param options options[class] = the original indices that are left, in ascending order
 * @param slack how far the upper bound lies above {@code known}
 */
record Reduced(MultipleChoice problem, int[][] options, double slack) {
    /** @param known value of a choice that exists; negative infinity for none */
    static Reduced of(MultipleChoice problem, Relaxation relaxation, double known) {
        // Sums of hundreds of doubles: what is closer than this must not be told apart.
        double slack = relaxation.bound() - known + 1e-12 * Math.max(1, Math.abs(relaxation.bound()));
        long room = problem.capacity() - problem.leastCost();
        int[][] options = new int[problem.cost().length][];
        for (int i = 0; i < options.length; i++) {
            int at = i;
            options[i] = IntStream.range(0, problem.cost()[i].length)
                    .filter(k -> problem.cost()[at][k] - problem.leastCost(at) <= room)
                    .filter(k -> relaxation.reducedCost(at, k) <= slack)
                    .filter(k -> problem.floor() > 0 || !dominated(problem.cost()[at], problem.value()[at], k))
                    .toArray();
        }
        return new Reduced(problem, options, slack);
    }

    private static boolean dominated(long[] cost, double[] value, int k) {
        return IntStream.range(0, cost.length)
                .anyMatch(b -> cost[b] <= cost[k]
                        && value[b] >= value[k]
                        && (cost[b] < cost[k] || value[b] > value[k] || b < k));
    }

    /** Classes with more than one option left. */
    int[] open() {
        return IntStream.range(0, options.length)
                .filter(i -> options[i].length > 1)
                .toArray();
    }

    /** The cheapest option left of every class. */
    int[] cheapest() {
        int[] choice = new int[options.length];
        for (int i = 0; i < choice.length; i++) {
            choice[i] = cheapest(problem.cost()[i], options[i]);
        }
        return choice;
    }

    private static int cheapest(long[] cost, int[] among) {
        int best = among[0];
        for (int option : among) {
            best = cost[option] < cost[best] ? option : best;
        }
        return best;
    }
}
