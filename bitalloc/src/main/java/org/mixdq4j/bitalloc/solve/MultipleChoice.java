package org.mixdq4j.bitalloc.solve;

import java.util.Arrays;

/**
 * A multiple-choice knapsack: take exactly one option of every class so that the sum of costs lies in
 * {@code [floor, capacity]} and the sum of values is as large as possible.
 *
 * @param cost cost[class][option], whole and not negative
 * @param value value[class][option], finite
 * @param floor least sum of costs; 0 for none
 * @param capacity largest sum of costs
 */
public record MultipleChoice(long[][] cost, double[][] value, long floor, long capacity) {
    public MultipleChoice {
        if (cost.length != value.length) {
            throw new IllegalArgumentException(cost.length + " classes of costs, " + value.length + " of values");
        }
        for (int i = 0; i < cost.length; i++) {
            if (cost[i].length == 0 || cost[i].length != value[i].length) {
                throw new IllegalArgumentException(
                        "class " + i + " has " + cost[i].length + " costs and " + value[i].length + " values");
            }
        }
    }

    /** Sum of the cheapest options. */
    public long leastCost() {
        return Arrays.stream(cost)
                .mapToLong(c -> Arrays.stream(c).min().orElseThrow())
                .sum();
    }

    long leastCost(int i) {
        return Arrays.stream(cost[i]).min().orElseThrow();
    }

    /** Sum of the dearest options. */
    public long mostCost() {
        return Arrays.stream(cost)
                .mapToLong(c -> Arrays.stream(c).max().orElseThrow())
                .sum();
    }

    /** Sum of costs of a choice. */
    public long cost(int[] choice) {
        long sum = 0;
        for (int i = 0; i < choice.length; i++) {
            sum = Math.addExact(sum, cost[i][choice[i]]);
        }
        return sum;
    }

    /** Sum of values of a choice, added up in the order of the classes. */
    public double value(int[] choice) {
        double sum = 0;
        for (int i = 0; i < choice.length; i++) {
            sum += value[i][choice[i]];
        }
        return sum;
    }

    /** Sum of the best values of all classes, whatever they cost. */
    public double mostValue() {
        double sum = 0;
        for (double[] v : value) {
            sum += Arrays.stream(v).max().orElseThrow();
        }
        return sum;
    }

    /** How far an option's value is below the best of its class. */
    double loss(int i, int option) {
        return Arrays.stream(value[i]).max().orElseThrow() - value[i][option];
    }

    double loss(int[] choice) {
        double sum = 0;
        for (int i = 0; i < choice.length; i++) {
            sum += loss(i, choice[i]);
        }
        return sum;
    }

    /** Best value of a class minus its worst. */
    double range(int i) {
        return Arrays.stream(value[i]).max().orElseThrow()
                - Arrays.stream(value[i]).min().orElseThrow();
    }

    /** The largest loss a choice can have. */
    public double range() {
        double sum = 0;
        for (int i = 0; i < value.length; i++) {
            sum += range(i);
        }
        return sum;
    }
}
