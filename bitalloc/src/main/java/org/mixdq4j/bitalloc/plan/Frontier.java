package org.mixdq4j.bitalloc.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.mixdq4j.bitalloc.solve.MultipleChoiceSolver;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/**
 * Plans over splits and budgets, and which of them no other beats: in the content group's objective, the quality
 * group's, and cost.
 */
public final class Frontier {
    /**
     * @param budget its budget of average bits
     * @param split k, or empty for the joint plan
     * @param dominated whether another is at least as good in all three and better in one, or equal and before it
     */
    public record Point(double budget, OptionalDouble split, BitPlan plan, boolean dominated) {}

    private Frontier() {}

    /** {@code count} budgets of average bits, evenly over all that are feasible. */
    public static double[] averages(BitProblem problem, int count) {
        if (count < 2) {
            throw new UsageException("a curve of " + count + " budgets is none; give 2 or more");
        }
        List<LayerGroup> both = List.of(LayerGroup.values());
        long elements = problem.elements(both);
        // Rounded up at the lower end, where less than all the least bits is infeasible.
        double least = Math.ceil(1e6 * problem.leastCost(both) / elements) * 1e-6;
        double most = Math.ceil(1e6 * problem.mostCost(both) / elements) * 1e-6;
        double[] averages = new double[count];
        for (int i = 0; i < count; i++) {
            averages[i] = Math.rint(1e6 * (least + (most - least) * i / (count - 1))) / 1e6;
        }
        return averages;
    }

    /**
     * The joint plan and {@code splits} split ones at every budget.
     *
     * @param splits values of k over the whole feasible range; 0 for joint plans only
     */
    public static List<Point> of(BitProblem problem, List<Budget> budgets, int splits, MultipleChoiceSolver solver) {
        if (splits < 0) {
            throw new UsageException("a sweep over " + splits + " splits is none; give 1 or more");
        }
        List<Point> points = new ArrayList<>();
        for (Budget budget : budgets) {
            Allocator allocator = new Allocator(problem, budget, solver);
            double bits = budget.bits().orElse(Double.NaN);
            points.add(new Point(bits, OptionalDouble.empty(), allocator.joint(), false));
            double[] ratios = splits == 0 ? new double[0] : allocator.splits().evenly(splits);
            for (double k : ratios) {
                points.add(new Point(bits, OptionalDouble.of(k), allocator.split(k), false));
            }
        }
        return marked(points);
    }

    /** Budgets of average bits alone. */
    public static List<Budget> budgets(double[] averages) {
        List<Budget> budgets = new ArrayList<>();
        for (double average : averages) {
            budgets.add(new Budget(OptionalDouble.of(average), OptionalLong.empty(), 0));
        }
        return budgets;
    }

    private static List<Point> marked(List<Point> points) {
        List<double[]> merits = points.stream().map(Frontier::merits).toList();
        List<Point> marked = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            boolean dominated = false;
            for (int j = 0; j < points.size(); j++) {
                dominated |= j != i && beats(merits.get(j), merits.get(i), j < i);
            }
            Point p = points.get(i);
            marked.add(new Point(p.budget, p.split, p.plan, dominated));
        }
        return marked;
    }

    /** All to be large. */
    private static double[] merits(Point point) {
        return new double[] {
            point.plan.objective(LayerGroup.CONTENT),
            point.plan.objective(LayerGroup.QUALITY),
            -point.plan.cost(List.of(LayerGroup.values()))
        };
    }

    private static boolean beats(double[] a, double[] b, boolean before) {
        boolean better = false;
        for (int i = 0; i < a.length; i++) {
            if (a[i] < b[i]) {
                return false;
            }
            better |= a[i] > b[i];
        }
        return better || before;
    }
}
