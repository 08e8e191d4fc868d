package org.mixdq4j.cuda.norm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;
import org.mixdq4j.cuda.pointwise.Joined;
import org.mixdq4j.cuda.pointwise.RowWork;
import org.mixdq4j.cuda.pointwise.Scaling;

/** Group norms of every size and type: a block finds a group's statistics, then rows are gone over. */
public final class GroupNorms implements Family {
    static final int THREADS = 256;
    private static final Layout STATISTICS = Joined.append(new Layout("GroupStatisticsArgs"), "in")
            .pointers("statistics")
            .f32("epsilon")
            .s32("groups", "width", "rowsEach");

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Normalize normalize) || !(normalize.kind() instanceof Normalize.Groups kind)) {
            return false;
        }
        Joined in = new Joined(normalize.inputs(), false);
        Finish finish = Finish.of(normalize.then(), normalize.outputs());
        if (!in.fits() || !finish.fits()) {
            return false;
        }
        Shape shape = normalize.inputs().get(0).shape();
        int samples = shape.dim(0);
        int width = in.columns() / kind.groups();
        long scratch = binder.scratch(2L * Float.BYTES * samples * kind.groups());
        Scaling.Statistics statistics = new Scaling.Statistics(scratch, kind.groups(), width, finish.rows() / samples);
        Arguments arguments = new Arguments(STATISTICS)
                .scratch("statistics", scratch)
                .f32("epsilon", (float) kind.epsilon())
                .s32("groups", kind.groups())
                .s32("width", width)
                .s32("rowsEach", statistics.rowsEach());
        in.write(arguments, "in", binder);
        Map<String, Object> defines = new LinkedHashMap<>();
        in.define(defines);
        binder.launch(
                new Kernel("group_plain.cu", "groupStatistics", defines, STATISTICS),
                new Geometry(kind.groups(), samples, 1, THREADS, 0, true),
                arguments);
        return new RowWork(in, Scaling.ofGroups(normalize.parameters(), statistics), finish).plan(binder);
    }

    /** Kernels it may launch besides those of {@link RowWork}. */
    public static List<Kernel> variants() {
        return List.of(
                new Kernel("group_plain.cu", "groupStatistics", Map.of("INPUTS", 1, "INPUT_0", 0), STATISTICS),
                new Kernel(
                        "group_plain.cu",
                        "groupStatistics",
                        Map.of("INPUTS", 3, "INPUT_0", 1, "INPUT_1", 2, "INPUT_2", 0),
                        STATISTICS));
    }

    public static Map<String, Twin> twins() {
        return Map.of("groupStatistics", GroupTwins::statistics);
    }
}
