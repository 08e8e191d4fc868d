package org.mixdq4j.cuda.norm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.lower.step.Normalize;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
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

/**
 * Group norms of one or two values of halves whose channels are multiples of 8, by {@code group_norm.cu}: in one launch or two; in
 * three where the result is quantized by rows' own magnitudes.
 */
public final class SlicedGroupNorms implements Family {
    private static final int VECTOR = 8;
    private static final int PARTS = 2;
    private static final Layout LAYOUT = Finish.append(
                    Scaling.append(Joined.append(new Layout("GroupNormArgs"), "in"), "norm"), "finish")
            .pointers("partial", "statistics", "arrivals")
            .s32("rowsEach", "slices", "sliceRows");

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Normalize normalize) || !(normalize.kind() instanceof Normalize.Groups kind)) {
            return false;
        }
        Joined in = new Joined(normalize.inputs(), false);
        Finish finish = Finish.of(normalize.then(), normalize.outputs());
        int samples = normalize.inputs().get(0).shape().dim(0);
        int rows = finish.rows() / samples;
        if (!finish.fits() || !reads(in)) {
            return false;
        }
        Optional<Slices> slices = Slices.of(
                in.columns(), kind.groups(), rows, samples, binder.info().multiprocessors());
        slices.ifPresent(found -> new Plan(normalize, kind, in, finish, samples, found).launch(binder));
        return slices.isPresent();
    }

    private static boolean reads(Joined in) {
        DType type = in.parts().get(0).value().type();
        return in.parts().size() <= PARTS
                && in.vectors(VECTOR)
                && (type == DType.F16 || type == DType.BF16)
                && in.parts().stream().allMatch(part -> part.value().type() == type);
    }

    private record Plan(Normalize step, Normalize.Groups kind, Joined in, Finish finish, int samples, Slices slices) {
        void launch(Binder binder) {
            long partial = binder.scratch(2L * Float.BYTES * samples * kind.groups() * slices.slices());
            Arguments arguments = new Arguments(LAYOUT)
                    .scratch("partial", partial)
                    .s32("rowsEach", finish.rows() / samples)
                    .s32("slices", slices.slices())
                    .s32("sliceRows", slices.sliceRows());
            in.write(arguments, "in", binder);
            if (finish.perToken() || !finish.vectors(VECTOR)) {
                byRows(arguments, binder);
                return;
            }
            Scaling norm = Scaling.ofOwnGroups(step.parameters(), kind.epsilon());
            norm.write(arguments, "norm", binder);
            finish.write(arguments, "finish", binder);
            int sums = slices.sumBytes(in.columns());
            if (slices.once()) {
                arguments.pointer("arrivals", binder.zeroed(2L * Integer.BYTES * samples));
                binder.launch(kernel("groupOnce", norm), geometry(slices.blocks(), sums), arguments);
            } else {
                binder.launch(kernel("groupSlices", norm), geometry(slices.blocks(), sums), arguments);
                binder.launch(kernel("groupApply", norm), geometry(slices.blocks(), statisticsBytes()), arguments);
            }
        }

        /** Statistics for a kernel that sees whole rows. */
        private void byRows(Arguments arguments, Binder binder) {
            long scratch = binder.scratch(2L * Float.BYTES * samples * kind.groups());
            arguments.scratch("statistics", scratch).f32("norm.epsilon", (float) kind.epsilon());
            Scaling norm = Scaling.ofGroups(
                    step.parameters(),
                    new Scaling.Statistics(
                            scratch, kind.groups(), in.columns() / kind.groups(), finish.rows() / samples));
            binder.launch(
                    kernel("groupSlices", norm), geometry(slices.blocks(), slices.sumBytes(in.columns())), arguments);
            binder.launch(kernel("groupCombine", norm), geometry(1, statisticsBytes()), arguments);
            new RowWork(in, norm, finish).plan(binder);
        }

        private int statisticsBytes() {
            return 2 * Float.BYTES * kind.groups();
        }

        private Geometry geometry(int blocks, int sharedBytes) {
            return new Geometry(blocks, samples, 1, slices.threads(), sharedBytes, true);
        }

        private Kernel kernel(String entry, Scaling norm) {
            // Kernels that only make statistics are the same whatever follows.
            boolean applies = entry.equals("groupApply") || entry.equals("groupOnce");
            Map<String, Object> defines = new LinkedHashMap<>(applies ? finish.defines() : Map.of());
            in.define(defines);
            if (applies) {
                norm.define(defines);
            }
            return SlicedGroupNorms.kernel(entry, defines, in.columns(), kind.groups(), slices.threads());
        }
    }

    private static Kernel kernel(String entry, Map<String, Object> more, int channels, int groups, int threads) {
        Map<String, Object> defines = new LinkedHashMap<>(more);
        defines.put("CHANNELS", channels);
        defines.put("GROUPS", groups);
        defines.put("THREADS", threads);
        return new Kernel("group_norm.cu", entry, defines, LAYOUT);
    }

    /** Kernels it may launch, each macro's values at least once. */
    public static List<Kernel> variants() {
        List<Kernel> kernels = new ArrayList<>();
        Map<String, Object> one = Map.of("INPUTS", 1, "INPUT_0", 1);
        Map<String, Object> two = Map.of("INPUTS", 2, "INPUT_0", 2, "INPUT_1", 2);
        for (String entry : List.of("groupSlices", "groupCombine")) {
            kernels.add(kernel(entry, one, 320, 32, 512));
            kernels.add(kernel(entry, two, 2560, 32, 512));
            kernels.add(kernel(entry, one, 48, 6, 64));
        }
        for (String entry : List.of("groupApply", "groupOnce")) {
            for (int channels : List.of(320, 640, 1280, 1920, 2560)) {
                Map<String, Object> defines = new LinkedHashMap<>(channels > 1280 ? two : one);
                defines.putAll(Map.of("NORM", 4, "AFFINE", 2, "THEN", 1, "THEN_0", 16, "SINKS", 1, "SINK_0", 3));
                kernels.add(kernel(entry, defines, channels, 32, 512));
            }
            Map<String, Object> full = new LinkedHashMap<>(two);
            full.putAll(Map.of("NORM", 4, "AFFINE", 0, "THEN", 2, "THEN_0", 3, "THEN_1", 4, "TYPE_0", 1));
            full.putAll(Map.of("TYPE_1", 1, "TYPE_2", 2, "SINKS", 3, "SINK_0", 1, "SINK_1", 3, "SINK_2", 0));
            kernels.add(kernel(entry, full, 64, 16, 128));
        }
        return kernels;
    }

    public static Map<String, Twin> twins() {
        return Map.of(
                "groupSlices", SliceTwins::slices,
                "groupCombine", SliceTwins::combine,
                "groupApply", SliceTwins::apply,
                "groupOnce", SliceTwins::once);
    }
}
