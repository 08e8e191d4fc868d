package org.mixdq4j.cuda.attention;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/** {@code AttentionArgs} of {@code attention.cuh}. */
final class AttentionArguments {
    static final Layout LAYOUT = Finish.append(
            new Layout("AttentionArgs")
                    .pointers("q", "k", "v", "bias")
                    .s64("batchQ", "batchK", "batchV")
                    .s32("pitchQ", "pitchK", "pitchV", "queries", "keys", "heads", "width")
                    .f32("scale"),
            "finish");

    private AttentionArguments() {}

    static Arguments of(Attend step, Finish finish, Binder binder) {
        Arguments arguments = new Arguments(LAYOUT)
                .s32("queries", step.query().shape().dim(1))
                .s32("keys", step.key().shape().dim(1))
                .s32("heads", step.op().heads())
                .s32("width", width(step))
                .f32("scale", (float) step.op().scale());
        Map.of("q", step.query(), "k", step.key(), "v", step.value()).forEach((name, view) -> arguments
                .pointer(name, binder.address(view))
                .s64("batch" + name.toUpperCase(Locale.ROOT), view.strides().get(0))
                .s32("pitch" + name.toUpperCase(Locale.ROOT), view.strides().get(1)));
        step.bias().ifPresent(bias -> arguments.pointer("bias", binder.address(bias)));
        finish.write(arguments, "finish", binder);
        return arguments;
    }

    /** Columns of a head. */
    static int width(Attend step) {
        return step.query().columns() / step.op().heads();
    }

    /** Whether queries, keys and values are of one type of 16 bits. */
    static boolean halves(Attend step) {
        DType type = step.query().value().type();
        return (type == DType.F16 || type == DType.BF16)
                && step.key().value().type() == type
                && step.value().value().type() == type;
    }

    /** Whether {@code count} columns of queries, keys and values can be read as one. */
    static boolean vectors(Attend step, int count) {
        return List.of(step.query(), step.key(), step.value()).stream()
                .allMatch(view ->
                        view.offset() % count == 0 && stride(view, 0) % count == 0 && stride(view, 1) % count == 0);
    }

    /** Of an axis that has one entry only it does not matter. */
    private static long stride(View view, int axis) {
        return view.shape().dim(axis) == 1 ? 0 : view.strides().get(axis);
    }

    /** What both kernels can write: anything but rows by their own magnitude, which heads cannot know. */
    static boolean writes(Finish finish) {
        return finish.fits() && !finish.perToken();
    }

    /** Macros of what is added to scores and what is hidden. */
    static void mask(Attend step, Map<String, Object> defines) {
        defines.put("CAUSAL", step.op().causal() ? 1 : 0);
        defines.put("BIAS", step.bias().isPresent() ? 1 : 0);
        step.bias()
                .ifPresent(bias ->
                        defines.put("TYPE_BIAS", Finish.type(bias.value().type())));
    }

    /** An output of a type, for lists of variants. */
    static Map<String, Object> sink(DType type) {
        return Map.of("THEN", 0, "SINKS", 1, "SINK_0", type == DType.U8 ? 3 : Finish.type(type));
    }

    /** A step's outputs, at the end of an attention. */
    static Finish finish(List<Output> outputs) {
        return Finish.of(List.of(), outputs);
    }
}
