package org.mixdq4j.cuda.pointwise;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Pointwise;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;

/** What is done element by element, and norms of a row: of every size and type, in one launch. */
public final class Pointwises implements Family {
    @Override
    public boolean plan(Step step, Binder binder) {
        if (step instanceof Pointwise pointwise) {
            Joined in = Joined.of(pointwise.inputs(), pointwise.then());
            return new RowWork(in, Scaling.NOTHING, Finish.of(pointwise.then(), pointwise.outputs())).plan(binder);
        } else if (step instanceof Normalize normalize && !(normalize.kind() instanceof Normalize.Groups)) {
            int kind = normalize.kind() instanceof Normalize.Rows ? Scaling.ROW_NORM : Scaling.ROOT_MEAN_SQUARE;
            Scaling norm =
                    Scaling.ofRow(kind, normalize.parameters(), normalize.kind().epsilon());
            Joined in = new Joined(normalize.inputs(), false);
            return new RowWork(in, norm, Finish.of(normalize.then(), normalize.outputs())).plan(binder);
        } else if (step instanceof Other other && other.op() instanceof L2Normalize) {
            Finish finish = Finish.of(List.of(), List.of(new Output.Floats(other.to())));
            Scaling norm = Scaling.ofRow(Scaling.UNIT, Optional.empty(), 0);
            return new RowWork(new Joined(other.inputs(), false), norm, finish).plan(binder);
        }
        return false;
    }

    /** Kernels it may launch, each macro's values at least once. */
    public static List<Kernel> variants() {
        return Variants.all();
    }

    public static Map<String, Twin> twins() {
        return Map.of(
                "pointwise", RowTwins::pointwise,
                "wholeRows", RowTwins::rows,
                "wholeRowsPlain", RowTwins::anyRows);
    }
}
