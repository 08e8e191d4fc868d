package org.mixdq4j.bitalloc.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.bitalloc.solve.MultipleChoice;
import org.mixdq4j.bitalloc.solve.MultipleChoiceSolver;
import org.mixdq4j.bitalloc.solve.Solution;
import org.mixdq4j.core.graph.analysis.LayerGroup;

/** Plans under a budget: the best of both groups together, or of each group with its share. */
public final class Allocator {
    private final BitProblem problem;
    private final Budget budget;
    private final MultipleChoiceSolver solver;
    private final long capacity;

    /** @throws org.mixdq4j.core.error.UsageException if no plan is within the budget */
    public Allocator(BitProblem problem, Budget budget, MultipleChoiceSolver solver) {
        this.problem = problem;
        this.budget = budget;
        this.solver = solver;
        this.capacity = budget.capacity(problem);
    }

    /**
     * One program over both groups. SSIM and dB are made comparable by counting what bits gain over the worst plan as a
     * share of all the group has to gain; the objective is the sum of the two shares, at most 2.
     */
    public BitPlan joint() {
        List<LayerGroup> both = List.of(LayerGroup.values());
        return plan(Map.of(both, problem.joint(budget.floor(capacity, problem.elements(both)), capacity)));
    }

    /** One program a group, the budget divided by k = average of content / average of quality, as MixDQ does. */
    public BitPlan split(double k) {
        SplitRange range = splits();
        long content = range.contentCapacity(k);
        Map<List<LayerGroup>, MultipleChoice> programs = new LinkedHashMap<>();
        put(programs, LayerGroup.CONTENT, content);
        put(programs, LayerGroup.QUALITY, range.capacity() - content);
        return plan(programs);
    }

    private void put(Map<List<LayerGroup>, MultipleChoice> programs, LayerGroup group, long share) {
        List<LayerGroup> only = List.of(group);
        programs.put(only, problem.knapsack(group, budget.floor(share, problem.elements(only)), share));
    }

    /** The splits that are feasible under the budget. */
    public SplitRange splits() {
        return new SplitRange(problem, capacity);
    }

    private BitPlan plan(Map<List<LayerGroup>, MultipleChoice> programs) {
        Map<List<LayerGroup>, int[]> choices = new LinkedHashMap<>();
        List<BitPlan.Solve> solves = new ArrayList<>();
        programs.forEach((groups, program) -> {
            Solution solution = solver.solve(program);
            choices.put(groups, solution.choice());
            solves.add(new BitPlan.Solve(
                    groups.size() == 1 ? groups.get(0).word() : "joint",
                    solution.objective(),
                    solution.bound(),
                    solution.proven(),
                    solution.seconds()));
        });
        return new BitPlan(problem.layers(), problem.decisions(choices), solves);
    }
}
