package org.mixdq4j.bitalloc.solve;

import com.google.ortools.linearsolver.MPSolver.ResultStatus;
import java.util.Arrays;
import org.mixdq4j.core.error.MixdqException;

/**
 * Solves {@link MultipleChoice} to proven optimality with CBC through OR-Tools.
 *
 * <p>CBC sees what {@link Reduced} leaves open, with a gap of zero: OR-Tools' default of 1e-4 of the objective would be
 * useless here, where 420 SSIM values sum to about 420 and all there is to decide is worth less than 6. Whether the
 * budget holds is checked afterwards in whole numbers.
 *
 * <p>Ties: of all choices whose value is within 1e-9 of the problem's range of the best, {@link TieBreak} takes the
 * cheapest; among classes that are alike the earlier then get the dearer options. The result depends on the problem
 * only, as long as CBC is not stopped by the time limit. With a floor the tie-break is left to CBC, which runs on one
 * thread with a fixed seed.
 */
public final class MultipleChoiceSolver {
    private static final double SCALED = 1e6;
    private static final double TIE = 1e-9;
    private static final int ATTEMPTS = 4;

    private final double limitSeconds;

    /** @param limitSeconds wall-clock limit of one solve; one that runs into it is not {@link Solution#proven()} */
    public MultipleChoiceSolver(double limitSeconds) {
        Natives.load();
        this.limitSeconds = limitSeconds;
    }

    /** @throws MixdqException if no choice has a cost in [floor, capacity], or none was found within the limit */
    public Solution solve(MultipleChoice problem) {
        long start = System.nanoTime();
        if (problem.leastCost() > problem.capacity() || problem.mostCost() < problem.floor()) {
            throw infeasible(problem);
        }
        Relaxation relaxation = Relaxation.of(problem);
        int[] rounded = relaxation.rounded();
        boolean valid = problem.cost(rounded) >= problem.floor();
        Reduced reduced = Reduced.of(problem, relaxation, valid ? problem.value(rounded) : Double.NEGATIVE_INFINITY);
        Optimum optimum = optimum(reduced, start);
        int[] choice = optimum.choice;
        if (optimum.proven) {
            double threshold = problem.value(choice) - TIE * problem.range();
            Reduced ties = Reduced.of(problem, relaxation, threshold);
            choice = new TieBreak(ties, relaxation, threshold).cheapest().orElse(choice);
            choice = Symmetry.canonical(problem, choice);
        }
        double objective = problem.value(choice);
        double bound = Math.max(objective, problem.mostValue() - optimum.leastLoss);
        return new Solution(choice, objective, bound, optimum.proven, seconds(start));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) * 1e-9;
    }

    /** @param leastLoss no choice loses less against the best option of every class */
    private record Optimum(int[] choice, double leastLoss, boolean proven) {}

    private Optimum optimum(Reduced reduced, long start) {
        MultipleChoice problem = reduced.problem();
        int[] cheapest = reduced.cheapest();
        int[] open = reduced.open();
        double decided = Arrays.stream(open).mapToDouble(problem::range).sum();
        double settled = problem.loss(cheapest)
                - Arrays.stream(open)
                        .mapToDouble(i -> problem.loss(i, cheapest[i]))
                        .sum();
        if (open.length == 0) {
            if (problem.cost(cheapest) < problem.floor()) {
                throw infeasible(problem);
            }
            return new Optimum(cheapest, settled, true);
        }
        double scale = decided > 0 ? SCALED / decided : 1;
        double leastLoss = 0;
        long lowered = 0;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (CbcModel model = new CbcModel(reduced, lowered)) {
                model.minimizeLoss(scale);
                // The limit is one of all attempts; without a plan the last still gets a moment.
                ResultStatus status = model.solve(Math.max(1, limitSeconds - seconds(start)));
                if (status == ResultStatus.INFEASIBLE) {
                    throw infeasible(problem);
                }
                if (status != ResultStatus.OPTIMAL && status != ResultStatus.FEASIBLE) {
                    throw new MixdqException("the solver stopped with status " + status + " and without a plan after "
                            + limitSeconds + " s; give it more time or another budget");
                }
                int[] choice = model.choice();
                // Only the first attempt has the whole capacity, so only its bound holds for the problem asked.
                leastLoss = attempt == 0 ? settled + model.bound() / scale : leastLoss;
                long cost = problem.cost(choice);
                if (cost <= problem.capacity() && cost >= problem.floor()) {
                    return new Optimum(choice, leastLoss, status == ResultStatus.OPTIMAL && attempt == 0);
                }
                lowered += Math.max(cost - problem.capacity(), 1);
            }
        }
        throw new MixdqException("the solver's plans keep missing the budget of " + problem.capacity()
                + " by its rounding; change the budget slightly");
    }

    private static MixdqException infeasible(MultipleChoice problem) {
        return new MixdqException("no plan costs between " + problem.floor() + " and " + problem.capacity()
                + " in all: the cheapest costs " + problem.leastCost() + ", the dearest " + problem.mostCost()
                + " (bits times elements); change the budget");
    }
}
