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

/** Heads of up to 160 in halves, with bias and causal mask: {@code attention.cu}. SDXL, SD3 and text encoders have heads of 64. */
public final class HeadAttention implements Family {
    static final String ENTRY = "attention";
    /** What fits a warp's registers. */
    static final int WIDEST = 160;

    /** Up to here, and without bias and mask, the registers of a warp hold twice as many queries. */
    private static final int NARROW = 64;

    private static final int MANY_KEYS = 64;
    private static final int FEW_KEYS = 32;
    private static final int MOST_FOR_MANY_KEYS = 128;
    private static final int CHUNK = 8;

    /** How many queries a block takes: 16 * tiles a warp. */
    private record Form(int warps, int tiles) {
        static final Form SMALL = new Form(4, 1);
        static final Form MIDDLE = new Form(8, 1);
        static final Form LARGE = new Form(4, 2);

        int queries() {
            return 16 * tiles * warps;
        }

        int sharedBytes(int width) {
            int keys = width > MOST_FOR_MANY_KEYS ? FEW_KEYS : MANY_KEYS;
            return (queries() + 4 * keys) * ((width + NARROW - 1) / NARROW * NARROW * Short.BYTES);
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
                || AttentionArguments.width(attend) > WIDEST
                || AttentionArguments.width(attend) % CHUNK != 0
                || attend.op().scale() <= 0
                || attend.bias().isPresent() && attend.key().shape().dim(1) % 2 != 0) {
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
                kernel(form, AttentionArguments.width(attend), type, defines(attend, finish)),
                geometry(form, attend),
                AttentionArguments.of(attend, finish, binder));
        return true;
    }

    private static Map<String, Object> defines(Attend attend, Finish finish) {
        Map<String, Object> defines = new TreeMap<>(finish.defines());
        AttentionArguments.mask(attend, defines);
        return defines;
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
                form.sharedBytes(AttentionArguments.width(step)),
                true);
    }

    /**
     * By what was measured on an H200 with heads of 64: three small blocks fit a multiprocessor, or two large ones, which take 4/3 of their time;
     * middle ones are best where they fill the device just once.
     */
    private static Form choose(Attend step, DeviceInfo info) {
        if (Form.SMALL.blocks(step) > info.multiprocessors() && Form.MIDDLE.blocks(step) <= info.multiprocessors()) {
            return Form.MIDDLE;
        }
        boolean fits = AttentionArguments.width(step) <= NARROW
                && step.bias().isEmpty()
                && !step.op().causal();
        boolean large = fits && Form.LARGE.waves(step, info, 2) * 4 / 3 < Form.SMALL.waves(step, info, 3);
        return large ? Form.LARGE : Form.SMALL;
    }

    private static Kernel kernel(Form form, int width, DType type, Map<String, Object> more) {
        Map<String, Object> defines = new TreeMap<>(more);
        defines.put("WIDTH", width);
        defines.put("WARPS", form.warps());
        defines.put("TILES", form.tiles());
        defines.put("FLOATS", Finish.type(type));
        return new Kernel("attention.cu", ENTRY, defines, AttentionArguments.LAYOUT);
    }

    /** What it may launch: all forms and masks, and of the widths those of published networks, the narrowest and the widest. */
    public static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        for (DType type : List.of(DType.F16, DType.BF16)) {
            for (Form form : List.of(Form.SMALL, Form.MIDDLE, Form.LARGE)) {
                for (DType sink : List.of(type, DType.F32, DType.U8)) {
                    variants.add(kernel(form, NARROW, type, variant(sink, false)));
                }
                variants.add(kernel(form, CHUNK, type, variant(type, false)));
                variants.add(kernel(form, 40, type, variant(type, false)));
            }
            for (Form form : List.of(Form.SMALL, Form.MIDDLE)) {
                for (int width : List.of(80, 120, MOST_FOR_MANY_KEYS, WIDEST)) {
                    variants.add(kernel(form, width, type, variant(type, false)));
                }
                variants.add(kernel(form, NARROW, type, variant(type, true)));
                variants.add(kernel(form, WIDEST, type, variant(DType.U8, true)));
            }
        }
        return variants;
    }

    private static Map<String, Object> variant(DType sink, boolean masked) {
        Map<String, Object> defines = new TreeMap<>(AttentionArguments.sink(sink));
        defines.put("CAUSAL", masked ? 1 : 0);
        defines.put("BIAS", masked ? 1 : 0);
        if (masked) {
            defines.put("TYPE_BIAS", Finish.type(sink == DType.U8 ? DType.F16 : sink));
        }
        return defines;
    }
}
