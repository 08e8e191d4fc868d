package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;

/** Products of floats, by floats or by integer weights. */
final class FloatProducts {
    /** Elements of integer weights that are worth the time it takes to make them floats at each use. */
    private static final int EXPANDED_AT_USE = 1 << 16;

    private final LayerWeights weights;
    private final Arena arena;
    private final Scratch scratch;

    FloatProducts(LayerWeights weights, Arena arena, Scratch scratch) {
        this.weights = weights;
        this.arena = arena;
        this.scratch = scratch;
    }

    /** @param resources that are released with the task */
    Task create(Product step, Resources resources) {
        JoinedLayers layers = weights.join(step.layers());
        LayerFacts facts = weights.facts(step.layers(), layers);
        float[] bias = step.op().bias() ? facts.bias() : null;
        if (step.inputs().size() == 1 && facts.onePlainSegment()) {
            Part all = new Part(step, 0, -1, 0, step.op().outputs());
            Optional<Kernel> kernel = floatsByIntegers(all, facts.segments().get(0), layers, bias);
            if (kernel.isPresent()) {
                resources.add(kernel.get());
                return new ProductTask(List.of(kernel.get()), null, resources);
            }
        }
        List<Kernel> kernels = new ArrayList<>();
        int channel = 0;
        for (int i = 0; i < step.inputs().size(); i++) {
            View from = step.inputs().get(i).from();
            int channels = from.columns();
            Part part = new Part(step, i, -1, 0, step.op().outputs());
            boolean first = i == 0;
            boolean last = i == step.inputs().size() - 1;
            kernels.add(resources.add(floats(part, layers, channel, channels, first ? bias : null, !first, last)));
            channel += channels;
        }
        return new ProductTask(kernels, null, resources);
    }

    private Kernel floats(
            Part part,
            JoinedLayers layers,
            int channel,
            int channels,
            float[] bias,
            boolean accumulates,
            boolean last) {
        Form form = part.form(false);
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readFloats(plan, part, form, bias, accumulates, last);
            LayerWeights.Key key = new LayerWeights.Key(
                    part.step().layers(),
                    false,
                    channel,
                    -1,
                    0,
                    part.step().op().outputs());
            return plan.compile(
                    dnnl_f32,
                    channels,
                    layout -> weights.get(
                            key,
                            layout,
                            () -> PackedWeights.floats(form, layers.storedFloats(channel, channel + channels), layout)),
                    scratch);
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    /**
     * Floats by integer weights, which stay integers in memory: multiplied as such where oneDNN has more than loops for it,
     * else made floats before each use. Empty for small ones.
     */
    private Optional<Kernel> floatsByIntegers(Part part, LayerFacts.Integers known, JoinedLayers layers, float[] bias) {
        Form form = part.form(false);
        int channels = known.to() - known.from();
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readFloats(plan, part, form, bias, false, true);
            if (form instanceof RowsForm) {
                plan.floatsOfIntegers()
                        .weightScales(weights.numbers(part.key("weight scales"), form.scales(), known::weightScales));
                if (plan.hasKernel(dnnl_s8, channels)) {
                    return Optional.of(plan.compile(
                            dnnl_s8, channels, layout -> part.packed(weights, layers, form, layout), scratch));
                }
            }
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
        plan.abandon();
        return known.elements() < EXPANDED_AT_USE
                ? Optional.empty()
                : Optional.of(expandedAtUse(part, layers, form, channels, bias));
    }

    private Kernel expandedAtUse(Part part, JoinedLayers layers, Form form, int channels, float[] bias) {
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readFloats(plan, part, form, bias, false, true);
            return plan.compile(
                    dnnl_f32,
                    channels,
                    layout -> weights.get(
                            part.weights(),
                            layout,
                            () -> PackedWeights.dequantizedAtUse(form, layers.segment(0), layout)),
                    scratch);
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    private void readFloats(Kernel.Plan plan, Part part, Form form, float[] bias, boolean accumulates, boolean last) {
        plan.source(part.step().inputs().get(part.segment()).from());
        if (bias != null) {
            plan.bias(weights.numbers(part.key("bias"), form.bias(), () -> bias), true);
        }
        if (accumulates) {
            plan.accumulate();
        }
        part.finish(plan, last);
    }
}
