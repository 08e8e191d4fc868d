package org.mixdq4j.bitalloc.solve;

import com.google.ortools.linearsolver.MPSolver.ResultStatus;
import java.util.Arrays;
import java.util.Optional;
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
    private static final double QUICK_SECONDS = 1;

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
        Optimum optimum = optimum(problem, relaxation, start);
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

    /**
     * The better a choice is known, the fewer options are left open, and the quicker CBC is; but for now and then, when it loses
     * its way and what leaves more options open is solved at once. So it is stopped soon and started again there.
     */
    private Optimum optimum(MultipleChoice problem, Relaxation relaxation, long start) {
        double rounded = knownValue(problem, relaxation.rounded());
        double improved = knownValue(problem, Exchange.improve(problem, relaxation.rounded()));
        if (improved > rounded) {
            Optional<Optimum> quick =
                    optimum(Reduced.of(problem, relaxation, improved), start, Math.min(QUICK_SECONDS, limitSeconds));
            if (quick.isPresent() && quick.get().proven) {
                return quick.get();
            }
        }
        return optimum(Reduced.of(problem, relaxation, rounded), start, limitSeconds)
                .orElseThrow(() -> new MixdqException("the solver stopped without a plan after " + limitSeconds
                        + " s; give it more time or another budget"));
    }

    private static double knownValue(MultipleChoice problem, int[] choice) {
        return problem.cost(choice) >= problem.floor() ? problem.value(choice) : Double.NEGATIVE_INFINITY;
    }

    /** Empty if none was found until {@code limit} seconds after the start. */
    private Optional<Optimum> optimum(Reduced reduced, long start, double limit) {
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
            return Optional.of(new Optimum(cheapest, settled, true));
        }
        double scale = decided > 0 ? SCALED / decided : 1;
        double leastLoss = 0;
        long lowered = 0;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (CbcModel model = new CbcModel(reduced, lowered)) {
                model.minimizeLoss(scale);
                // The limit is one of all attempts; without a plan the last still gets a moment.
                ResultStatus status = model.solve(Math.max(1, limit - seconds(start)));
                if (status == ResultStatus.INFEASIBLE) {
                    throw infeasible(problem);
                }
                if (status != ResultStatus.OPTIMAL && status != ResultStatus.FEASIBLE) {
                    return Optional.empty();
                }
                int[] choice = model.choice();
                // Only the first attempt has the whole capacity, so only its bound holds for the problem asked.
                leastLoss = attempt == 0 ? settled + model.bound() / scale : leastLoss;
                long cost = problem.cost(choice);
                if (cost <= problem.capacity() && cost >= problem.floor()) {
                    boolean proven = status == ResultStatus.OPTIMAL && attempt == 0;
                    return Optional.of(new Optimum(choice, leastLoss, proven));
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
