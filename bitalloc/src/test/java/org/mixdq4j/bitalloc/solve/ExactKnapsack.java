package org.mixdq4j.bitalloc.solve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The optimum of a {@link MultipleChoice} without floor, by another road than the solver's: dynamic programming over the
 * Pareto set of (cost, value), class by class, without states that cannot reach the greedy plan's value even if the
 * classes to come were allowed fractions of options.
 */
final class ExactKnapsack {
    private record Step(int at, double cost, double gain) {}

    private record State(long cost, double value) {}

    private final MultipleChoice problem;
    private final int classes;
    private final double[] leastValue;
    private final long[] leastCost;
    private final List<Step> steps = new ArrayList<>();

    private ExactKnapsack(MultipleChoice problem) {
        this.problem = problem;
        classes = problem.cost().length;
        leastValue = new double[classes + 1];
        leastCost = new long[classes + 1];
        for (int i = classes - 1; i >= 0; i--) {
            int[] hull = hull(problem.cost()[i], problem.value()[i]);
            leastCost[i] = leastCost[i + 1] + problem.cost()[i][hull[0]];
            leastValue[i] = leastValue[i + 1] + problem.value()[i][hull[0]];
            for (int k = 1; k < hull.length; k++) {
                steps.add(new Step(
                        i,
                        problem.cost()[i][hull[k]] - problem.cost()[i][hull[k - 1]],
                        problem.value()[i][hull[k]] - problem.value()[i][hull[k - 1]]));
            }
        }
        steps.sort(Comparator.comparingDouble((Step s) -> -s.gain / s.cost));
    }

    static double optimum(MultipleChoice problem) {
        return new ExactKnapsack(problem).solve();
    }

    private double solve() {
        double greedy = greedy();
        List<State> states = List.of(new State(0, 0));
        for (int i = 0; i < classes; i++) {
            List<State> next = new ArrayList<>();
            for (State state : states) {
                for (int k = 0; k < problem.cost()[i].length; k++) {
                    long cost = state.cost + problem.cost()[i][k];
                    if (cost + leastCost[i + 1] <= problem.capacity()) {
                        next.add(new State(cost, state.value + problem.value()[i][k]));
                    }
                }
            }
            next.sort(Comparator.comparingLong(State::cost).thenComparing(s -> -s.value));
            List<State> kept = new ArrayList<>();
            double best = Double.NEGATIVE_INFINITY;
            double[] bounds = suffixBounds(i + 1);
            for (State state : next) {
                if (state.value > best) {
                    best = state.value;
                    if (state.value + bound(i + 1, problem.capacity() - state.cost, bounds) >= greedy - 1e-9) {
                        kept.add(state);
                    }
                }
            }
            states = kept;
        }
        return states.stream().mapToDouble(State::value).max().orElseThrow();
    }

    /** Value of the plan that takes the best steps that still fit. */
    private double greedy() {
        double left = problem.capacity() - leastCost[0];
        double value = leastValue[0];
        boolean[] stopped = new boolean[classes];
        for (Step step : steps) {
            if (!stopped[step.at] && step.cost <= left) {
                left -= step.cost;
                value += step.gain;
            } else {
                stopped[step.at] = true;
            }
        }
        return value;
    }

    /** Prefix sums of cost and gain, interleaved, of the steps of classes {@code from} and later. */
    private double[] suffixBounds(int from) {
        double[] sums = new double[2 * steps.size() + 2];
        int n = 0;
        for (Step step : steps) {
            if (step.at >= from) {
                sums[2 * n + 2] = sums[2 * n] + step.cost;
                sums[2 * n + 3] = sums[2 * n + 1] + step.gain;
                n++;
            }
        }
        return Arrays.copyOf(sums, 2 * n + 2);
    }

    private double bound(int from, long capacity, double[] sums) {
        double left = capacity - leastCost[from];
        int low = 0;
        int high = sums.length / 2 - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (sums[2 * middle] <= left) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        double value = leastValue[from] + sums[2 * low + 1];
        if (2 * low + 2 < sums.length) {
            double share = (left - sums[2 * low]) / (sums[2 * low + 2] - sums[2 * low]);
            value += share * (sums[2 * low + 3] - sums[2 * low + 1]);
        }
        return value;
    }

    /** Options on the upper concave hull of value over cost, from the cheapest to the most valuable. */
    private static int[] hull(long[] cost, double[] value) {
        Integer[] order = new Integer[cost.length];
        Arrays.setAll(order, k -> k);
        Arrays.sort(order, Comparator.comparingLong((Integer k) -> cost[k]).thenComparing(k -> -value[k]));
        List<Integer> hull = new ArrayList<>();
        for (int k : order) {
            if (!hull.isEmpty() && value[k] <= value[hull.get(hull.size() - 1)]) {
                continue;
            }
            while (hull.size() >= 2) {
                int b = hull.get(hull.size() - 1);
                int a = hull.get(hull.size() - 2);
                double ab = (value[b] - value[a]) / (cost[b] - cost[a]);
                double bk = (value[k] - value[b]) / (cost[k] - cost[b]);
                if (ab > bk) {
                    break;
                }
                hull.remove(hull.size() - 1);
            }
            hull.add(k);
        }
        return hull.stream().mapToInt(Integer::intValue).toArray();
    }
}
