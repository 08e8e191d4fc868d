package org.mixdq4j.bitalloc.solve;

import com.google.ortools.linearsolver.MPConstraint;
import com.google.ortools.linearsolver.MPSolver;
import com.google.ortools.linearsolver.MPSolver.ResultStatus;
import com.google.ortools.linearsolver.MPSolverParameters;
import com.google.ortools.linearsolver.MPVariable;
import java.math.BigInteger;
import org.mixdq4j.core.error.MixdqException;

/**
 * The open classes of a {@link Reduced} knapsack as a program of CBC. Costs are counted from the cheapest option of a
 * class and divided by what they share, losses from the best option and scaled, so that the solver's tolerances lie far
 * below one unit of either. Names of variables must differ: CBC ends the process on a duplicate.
 */
final class CbcModel implements AutoCloseable {
    private final Reduced reduced;
    private final int[] open;
    private final long divisor;
    private final MPSolver solver;
    private final MPVariable[][] take;

    /** @param lowered what to take off the capacity */
    CbcModel(Reduced reduced, long lowered) {
        this.reduced = reduced;
        open = reduced.open();
        solver = MPSolver.createSolver("CBC");
        if (solver == null) {
            throw new MixdqException("this build of OR-Tools has no CBC solver; use the version the project names");
        }
        MultipleChoice problem = reduced.problem();
        int[] cheapest = reduced.cheapest();
        BigInteger common = BigInteger.ZERO;
        for (int i : open) {
            for (int option : reduced.options()[i]) {
                common = common.gcd(BigInteger.valueOf(problem.cost()[i][option] - problem.cost()[i][cheapest[i]]));
            }
        }
        divisor = Math.max(1, common.longValueExact());
        long spent = problem.cost(cheapest);
        long capacity = Math.floorDiv(problem.capacity() - lowered - spent, divisor);
        double floor =
                problem.floor() > 0 ? -Math.floorDiv(spent - problem.floor(), divisor) : Double.NEGATIVE_INFINITY;
        MPConstraint budget = solver.makeConstraint(floor, capacity, "budget");
        take = new MPVariable[open.length][];
        for (int o = 0; o < open.length; o++) {
            int i = open[o];
            MPConstraint one = solver.makeConstraint(1, 1, "one" + i);
            take[o] = new MPVariable[reduced.options()[i].length];
            for (int k = 0; k < take[o].length; k++) {
                take[o][k] = solver.makeBoolVar("x" + i + "_" + k);
                one.setCoefficient(take[o][k], 1);
                long extra = problem.cost()[i][reduced.options()[i][k]] - problem.cost()[i][cheapest[i]];
                budget.setCoefficient(take[o][k], extra / divisor);
            }
        }
    }

    void minimizeLoss(double scale) {
        solver.objective().setMinimization();
        for (int o = 0; o < open.length; o++) {
            for (int k = 0; k < take[o].length; k++) {
                solver.objective().setCoefficient(take[o][k], loss(o, k) * scale);
            }
        }
    }

    private double loss(int o, int k) {
        return reduced.problem().loss(open[o], reduced.options()[open[o]][k]);
    }

    ResultStatus solve(double limitSeconds) {
        solver.setTimeLimit((long) Math.max(1, limitSeconds * 1e3));
        MPSolverParameters parameters = new MPSolverParameters();
        try {
            parameters.setDoubleParam(MPSolverParameters.DoubleParam.RELATIVE_MIP_GAP, 0);
            return solver.solve(parameters);
        } finally {
            parameters.delete();
        }
    }

    /** What the solver proved the scaled loss over the open classes to be at least. */
    double bound() {
        return solver.objective().bestBound();
    }

    int[] choice() {
        int[] choice = reduced.cheapest();
        for (int o = 0; o < open.length; o++) {
            int best = 0;
            for (int k = 1; k < take[o].length; k++) {
                best = take[o][k].solutionValue() > take[o][best].solutionValue() ? k : best;
            }
            choice[open[o]] = reduced.options()[open[o]][best];
        }
        return choice;
    }

    @Override
    public void close() {
        solver.delete();
    }
}
