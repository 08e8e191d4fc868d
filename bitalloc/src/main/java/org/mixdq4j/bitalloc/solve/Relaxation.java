package org.mixdq4j.bitalloc.solve;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The linear relaxation of a {@link MultipleChoice} (without its floor), solved by sorting: per class the steps along the
 * upper concave hull of value over cost, all steps by value per cost, taken until the capacity is full. The step that no
 * longer fits gives the price of one unit of cost; for any price the sum over classes of max(value - price * cost) plus
 * price * capacity is an upper bound.
 */
final class Relaxation {
    private record Step(int at, int option, double cost, double gain) {}

    private final MultipleChoice problem;
    private final double price;
    private final double bound;
    private final int[] rounded;

    private Relaxation(MultipleChoice problem, double price, int[] rounded) {
        this.problem = problem;
        this.price = price;
        this.rounded = rounded;
        double sum = price * problem.capacity();
        for (int i = 0; i < problem.cost().length; i++) {
            sum += best(i);
        }
        bound = sum;
    }

    /** @param problem one whose cheapest options fit */
    static Relaxation of(MultipleChoice problem) {
        List<Step> steps = new ArrayList<>();
        int[] choice = new int[problem.cost().length];
        for (int i = 0; i < choice.length; i++) {
            List<Integer> hull = hull(problem.cost()[i], problem.value()[i]);
            choice[i] = hull.get(0);
            for (int k = 1; k < hull.size(); k++) {
                int from = hull.get(k - 1);
                int to = hull.get(k);
                double cost = problem.cost()[i][to] - problem.cost()[i][from];
                steps.add(new Step(i, to, cost, problem.value()[i][to] - problem.value()[i][from]));
            }
        }
        steps.sort(Comparator.comparingDouble((Step s) -> -s.gain / s.cost));
        double left = problem.capacity() - problem.cost(choice);
        double price = 0;
        boolean[] stopped = new boolean[choice.length];
        for (Step step : steps) {
            if (!stopped[step.at] && step.cost <= left) {
                left -= step.cost;
                choice[step.at] = step.option;
            } else {
                price = price == 0 ? step.gain / step.cost : price;
                stopped[step.at] = true;
            }
        }
        return new Relaxation(problem, price, choice);
    }

    /** No choice is worth more. */
    double bound() {
        return bound;
    }

    /** Worth of one unit of cost. */
    double price() {
        return price;
    }

    /** By how much taking the option lowers {@link #bound()}. */
    double reducedCost(int i, int option) {
        return best(i) - (problem.value()[i][option] - price * problem.cost()[i][option]);
    }

    /** A choice within the capacity: all steps that still fit, best first. */
    int[] rounded() {
        return rounded;
    }

    private double best(int i) {
        return IntStream.range(0, problem.cost()[i].length)
                .mapToDouble(k -> problem.value()[i][k] - price * problem.cost()[i][k])
                .max()
                .orElseThrow();
    }

    private static List<Integer> hull(long[] cost, double[] value) {
        List<Integer> order = IntStream.range(0, cost.length)
                .boxed()
                .sorted(Comparator.comparingLong((Integer k) -> cost[k]).thenComparing(k -> -value[k]))
                .toList();
        List<Integer> hull = new ArrayList<>();
        for (int k : order) {
            if (!hull.isEmpty() && value[k] <= value[hull.get(hull.size() - 1)]) {
                continue;
            }
            while (hull.size() >= 2 && !concave(cost, value, hull.get(hull.size() - 2), hull.get(hull.size() - 1), k)) {
                hull.remove(hull.size() - 1);
            }
            hull.add(k);
        }
        return hull;
    }

    private static boolean concave(long[] cost, double[] value, int a, int b, int c) {
        return (value[b] - value[a]) * (cost[c] - cost[b]) > (value[c] - value[b]) * (cost[b] - cost[a]);
    }
}
