package org.mixdq4j.bitalloc.solve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The cheapest of all choices that are worth at least {@code threshold}, where that is so close to the optimum that few
 * are: dynamic programming over the open classes of a {@link Reduced} knapsack. A state is dropped when another costs no
 * more and is worth no less, when its reduced costs add up to more than the upper bound exceeds the threshold by, or
 * when it can no longer come near enough to the capacity. Of equal states the first found stays, in a fixed order.
 */
final class TieBreak {
    /** States kept for one class at most: a limit in memory that, unlike one in seconds, is the same every time. */
    private static final int STATES = 500_000;

    private record State(long cost, double value, double reduced, State before, int option) {}

    private final Reduced reduced;
    private final Relaxation relaxation;
    private final double threshold;
    private final double slack;

    TieBreak(Reduced reduced, Relaxation relaxation, double threshold) {
        this.reduced = reduced;
        this.relaxation = relaxation;
        this.threshold = threshold;
        slack = reduced.slack();
    }

    /** Empty if the problem has a floor, there are too many states, or nothing is worth the threshold. */
    Optional<int[]> cheapest() {
        MultipleChoice problem = reduced.problem();
        if (problem.floor() > 0) {
            return Optional.empty();
        }
        int[] open = reduced.open();
        long[] most = new long[open.length + 1];
        long[] least = new long[open.length + 1];
        for (int o = open.length - 1; o >= 0; o--) {
            long[] cost = problem.cost()[open[o]];
            long dearest = 0;
            long cheapest = Long.MAX_VALUE;
            for (int option : reduced.options()[open[o]]) {
                dearest = Math.max(dearest, cost[option]);
                cheapest = Math.min(cheapest, cost[option]);
            }
            most[o] = most[o + 1] + dearest;
            least[o] = least[o + 1] + cheapest;
        }
        int[] choice = reduced.cheapest();
        double fixedValue = problem.value(choice);
        long fixedCost = problem.cost(choice);
        for (int i : open) {
            fixedValue -= problem.value()[i][choice[i]];
            fixedCost -= problem.cost()[i][choice[i]];
        }
        List<State> states = List.of(new State(fixedCost, fixedValue, 0, null, -1));
        for (int o = 0; o < open.length; o++) {
            List<State> next = new ArrayList<>();
            for (State state : states) {
                for (int option : reduced.options()[open[o]]) {
                    long cost = state.cost + problem.cost()[open[o]][option];
                    double lost = state.reduced + relaxation.reducedCost(open[o], option);
                    double unused = relaxation.price() * Math.max(0, problem.capacity() - cost - most[o + 1]);
                    if (cost + least[o + 1] <= problem.capacity() && lost + unused <= slack) {
                        next.add(new State(cost, state.value + problem.value()[open[o]][option], lost, state, option));
                    }
                }
            }
            states = pareto(next);
            if (states.size() > STATES) {
                return Optional.empty();
            }
        }
        return states.stream()
                .filter(state -> state.value >= threshold)
                .findFirst()
                .map(state -> trace(state, open, choice));
    }

    private static List<State> pareto(List<State> states) {
        states.sort(Comparator.comparingLong(State::cost).thenComparing(state -> -state.value));
        List<State> kept = new ArrayList<>();
        double best = Double.NEGATIVE_INFINITY;
        for (State state : states) {
            if (state.value > best) {
                best = state.value;
                kept.add(state);
            }
        }
        return kept;
    }

    private static int[] trace(State state, int[] open, int[] choice) {
        for (int o = open.length - 1; o >= 0; o--) {
            choice[open[o]] = state.option;
            state = state.before;
        }
        return choice;
    }
}
