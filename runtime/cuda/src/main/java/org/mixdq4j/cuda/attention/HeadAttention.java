package org.mixdq4j.cuda.attention;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.finish.Finish;

/** Heads of 64 in halves, as SDXL and SD3 have: {@code attention.cu}. */
public final class HeadAttention implements Family {
    static final String ENTRY = "attention";
    private static final int WIDTH = 64;
    private static final int KEYS = 64;
    private static final int ROW_BYTES = 128;
    private static final int CHUNK = 8;

    /** How many queries a block takes: 16 * tiles a warp. */
    private record Form(int warps, int tiles) {
        static final Form SMALL = new Form(4, 1);
        static final Form MIDDLE = new Form(8, 1);
        static final Form LARGE = new Form(4, 2);

        int queries() {
            return 16 * tiles * warps;
        }

        int sharedBytes() {
            return (queries() + 4 * KEYS) * ROW_BYTES;
        }

        long blocks(Attend step) {
            long each = (step.query().shape().dim(1) + queries() - 1) / queries();
            return each * step.op().heads() * step.query().shape().dim(0);
        }

        /** Rounds in which so many blocks run, {@code each} on a multiprocessor at once. */
        double waves(Attend step, DeviceInfo info, int each) {
            return Math.ceil(blocks(step) / (double) (info.multiprocessors() * each));
        }
    }

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Attend attend)
                || attend.bias().isPresent()
                || attend.op().causal()
                || AttentionArguments.width(attend) != WIDTH) {
            return false;
        }
        DType type = attend.query().value().type();
        Finish finish = AttentionArguments.finish(attend.outputs());
        if (!AttentionArguments.halves(attend)
                || !AttentionArguments.vectors(attend, CHUNK)
                || !AttentionArguments.writes(finish)
                || !finish.vectors(2)) {
            return false;
        }
        Form form = choose(attend, binder.info());
        binder.launch(
                kernel(form, type, finish.defines()),
                geometry(form, attend),
                AttentionArguments.of(attend, finish, binder));
        return true;
    }

    /** How a step is launched. */
    static Geometry geometry(Attend step, DeviceInfo info) {
        return geometry(choose(step, info), step);
    }

    private static Geometry geometry(Form form, Attend step) {
        return new Geometry(
                (step.query().shape().dim(1) + form.queries() - 1) / form.queries(),
                step.op().heads(),
                step.query().shape().dim(0),
                32 * form.warps(),
                form.sharedBytes(),
                true);
    }

    /**
     * By what was measured on an H200: three small blocks fit a multiprocessor, or two large ones, which take 4/3 of their time;
     * middle ones are best where they fill the device just once.
     */
    private static Form choose(Attend step, DeviceInfo info) {
        if (Form.SMALL.blocks(step) > info.multiprocessors() && Form.MIDDLE.blocks(step) <= info.multiprocessors()) {
            return Form.MIDDLE;
        }
        boolean large = Form.LARGE.waves(step, info, 2) * 4 / 3 < Form.SMALL.waves(step, info, 3);
        return large ? Form.LARGE : Form.SMALL;
    }

    private static Kernel kernel(Form form, DType type, Map<String, Object> sinks) {
        Map<String, Object> defines = new TreeMap<>(sinks);
        defines.put("WARPS", form.warps());
        defines.put("TILES", form.tiles());
        defines.put("FLOATS", Finish.type(type));
        return new Kernel("attention.cu", ENTRY, defines, AttentionArguments.LAYOUT);
    }

    /** What it may launch. */
    public static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        for (Form form : List.of(Form.SMALL, Form.MIDDLE, Form.LARGE)) {
            for (DType type : List.of(DType.F16, DType.BF16)) {
                for (DType sink : List.of(type, DType.F32, DType.U8)) {
                    variants.add(kernel(form, type, AttentionArguments.sink(sink)));
                }
            }
        }
        return variants;
    }
}
