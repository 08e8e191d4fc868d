package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.PairSafeWeights;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.FourBitTiles;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.TiledLayout;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.vector.GateRows;

/** Makes the products of one session. */
public final class Products {
    /** Bytes of weights that are expanded at a time: what stays in the cores' caches until it is multiplied. */
    private static final long EXPANDED = 1 << 20;
    /** Elements of integer weights that are worth the time it takes to make them floats at each use. */
    private static final int EXPANDED_AT_USE = 1 << 16;
    /** Outputs of which a chunk is a multiple: a kernel's block. */
    private static final int BLOCK = 64;

    private final LayerWeights weights;
    private final Arena arena;
    private final Scratch scratch;
    private final Borders borders;

    /** @param scratch to be allocated when all products are made */
    public Products(LayerWeights weights, Arena arena, Scratch scratch, Borders borders) {
        this.weights = weights;
        this.arena = arena;
        this.scratch = scratch;
        this.borders = borders;
    }

    /** A product bound to its memory. Several threads may ask, each for products of its own. */
    public Task create(Product step) {
        Resources resources = new Resources();
        try {
            return step.integer() ? integers(step, resources) : floats(step, resources);
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /** Whether GEGLU of its result can be part of a product. */
    public static boolean gates(Product step) {
        return step.integer()
                && step.op() instanceof Linear
                && step.inputs().size() == 1
                && step.firstRow().isEmpty()
                && step.then().isEmpty()
                && step.op().outputs() % (2 * BLOCK) == 0
                && OneDnn.get().vnni();
    }

    private Task integers(Product step, Resources resources) {
        JoinedLayers layers = weights.join(step.layers());
        LayerFacts facts = weights.facts(step.layers(), layers);
        int outputs = step.op().outputs();
        float[] bias = step.op().bias() ? facts.bias() : null;
        if (!step.then().isEmpty() && step.then().get(0) instanceof Epilogue.GeGlu) {
            return new ProductTask(
                    List.of(gated(step, facts.segments().get(0), layers, bias, resources)), null, resources);
        }
        Output output = step.outputs().get(0);
        FirstRow firstRow = step.firstRow()
                .map(row -> resources.add(new FirstRow(row, output.to(), bias, arena)))
                .orElse(null);
        List<ProductTask.Portion> kernels = new ArrayList<>();
        int segments = step.inputs().size();
        if (firstRow == null && inBlocks(step, facts)) {
            for (int i = 0; i < segments; i++) {
                Part all = new Part(step, i, -1, 0, outputs);
                kernels.add(resources.add(
                        blocked(all, facts.segments().get(i), layers, i == 0 ? bias : null, i > 0, i == segments - 1)));
            }
            return new ProductTask(kernels, null, resources);
        }
        int chunk = chunk(step, facts.segments().get(0));
        for (int from = 0; from < outputs; from += chunk) {
            int to = Math.min(outputs, from + chunk);
            boolean fresh = true;
            for (int i = 0; i < segments; i++) {
                LayerFacts.Integers known = facts.segments().get(i).outputs(from, to);
                for (int half = 0; half < (known.halved() ? 2 : 1); half++) {
                    boolean last = i == segments - 1 && (!known.halved() || half == 1);
                    Part part = new Part(step, i, known.halved() ? half : -1, from, to);
                    Kernel kernel = resources.add(integers(part, known, layers, fresh ? bias : null, !fresh, last));
                    kernels.add(kernel);
                    if (kernel.implementation().startsWith("ref")) {
                        weights.slow(step.layers());
                    }
                    if (firstRow != null) {
                        firstRow.add(
                                kernel,
                                known.from(),
                                known.to() - known.from(),
                                from,
                                known.weightScales(),
                                part.levels().quantizer(),
                                scratch);
                    }
                    fresh = false;
                }
            }
        }
        return new ProductTask(kernels, firstRow, resources);
    }

    /** What one kernel computes of a step. @param half -1 for all of the integers */
    private record Part(Product step, int segment, int half, int from, int to) {
        View columns(View view) {
            return view.slice(-1, from, to);
        }

        Product.Levels levels() {
            return (Product.Levels) step.inputs().get(segment);
        }

        List<Object> key(String what) {
            return List.of(what, step.layers(), segment, from, to);
        }
    }

    private Kernel integers(
            Part part,
            LayerFacts.Integers known,
            JoinedLayers layers,
            float[] bias,
            boolean accumulates,
            boolean last) {
        Form form = form(part, part.levels().rowScales().isPresent());
        Borders.Bordered bordered = form instanceof ImageForm image && known.zeroPoint() != 0
                ? borders.of(image, part.levels().from(), known.zeroPoint(), known.elements(), arena)
                : null;
        Form used = bordered == null ? form : bordered.form();
        Kernel.Plan plan = new Kernel.Plan(used, arena);
        try {
            if (bordered != null) {
                plan.source(bordered.memory(), bordered.fill());
            } else {
                plan.source(part.levels().from());
            }
            readIntegers(plan, part, part, known, bias, accumulates, last);
            LayerWeights.Key key =
                    new LayerWeights.Key(part.step.layers(), true, part.segment, part.half, part.from, part.to);
            return plan.compile(
                    dnnl_s8,
                    known.to() - known.from(),
                    layout -> weights.get(key, layout, () -> packed(part, layers, used, layout)),
                    scratch);
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    /** @param numbers whose scales and biases are kept together, of which the first are this part's */
    private void readIntegers(
            Kernel.Plan plan,
            Part part,
            Part numbers,
            LayerFacts.Integers known,
            float[] bias,
            boolean accumulates,
            boolean last) {
        Product.Levels levels = part.levels();
        Form form = form(numbers, levels.rowScales().isPresent());
        plan.zeroPoint(known.zeroPoint());
        plan.weightScales(weights.numbers(numbers.key("scales"), scaleLayout(form), known::resultScales));
        levels.rowScales().ifPresent(plan::rowScales);
        if (bias != null) {
            NativeMemory values = weights.numbers(
                    numbers.key("bias"),
                    levels.rowScales().isEmpty() ? form.bias() : form.perOutput(),
                    () -> Arrays.copyOfRange(bias, numbers.from, numbers.to));
            plan.bias(values, levels.rowScales().isEmpty());
        }
        if (accumulates) {
            plan.accumulate();
        }
        finish(plan, part, last);
    }

    /** Whether weights are of 4 bits and worth expanding block by block. */
    private static boolean inBlocks(Product step, LayerFacts facts) {
        return !(step.op() instanceof Conv2d conv && !isRows(conv))
                && facts.segments().stream().allMatch(Products::inBlocks);
    }

    private static boolean inBlocks(LayerFacts.Integers known) {
        return FourBitTiles.supported()
                && known.bits() == 4
                && !known.halved()
                && PackedIntegers.worthwhile(known.elements(), known.bits());
    }

    /** All outputs of a segment: block by block if its weights turn out to lie so, else at once. */
    private ProductTask.Portion blocked(
            Part all, LayerFacts.Integers known, JoinedLayers layers, float[] bias, boolean accumulates, boolean last) {
        int channels = known.to() - known.from();
        Form form = form(all, all.levels().rowScales().isPresent());
        LayerWeights.Key key = new LayerWeights.Key(
                all.step.layers(), true, all.segment, -1, 0, all.step.op().outputs());
        int width = BlockedProduct.width(known.outputs(), channels, BLOCK);
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            plan.source(all.levels().from());
            readIntegers(plan, all, all, known, bias, accumulates, last);
            BlockedProduct blocks = plan.withLayout(dnnl_s8, channels, layout -> {
                PackedWeights held = weights.get(key, layout, () -> packed(all, layers, form, layout));
                return held.tiles().isEmpty() || width >= known.outputs()
                        ? null
                        : BlockedProduct.of(
                                held,
                                known.outputs(),
                                width,
                                scratch,
                                (count, slot) -> block(all, count, slot, held, known, bias, accumulates, last));
            });
            if (blocks != null) {
                plan.abandon();
                return blocks;
            }
            return plan.compile(
                    dnnl_s8,
                    channels,
                    layout -> weights.get(key, layout, () -> packed(all, layers, form, layout)),
                    scratch);
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    /** The kernel of a product's first outputs. @return null if oneDNN wants their weights in another layout */
    private Kernel block(
            Part all,
            int count,
            BlockSlots.Slot slot,
            PackedWeights held,
            LayerFacts.Integers known,
            float[] bias,
            boolean accumulates,
            boolean last) {
        Optional<TiledLayout> expected = held.tiles().flatMap(tiles -> tiles.part(count));
        if (expected.isEmpty()) {
            return null;
        }
        Part first = new Part(all.step, all.segment, -1, 0, count);
        Kernel.Plan plan = new Kernel.Plan(form(first, all.levels().rowScales().isPresent()), arena);
        Kernel kernel = null;
        try {
            plan.source(first.levels().from());
            readIntegers(plan, first, all, known, bias, accumulates, last);
            kernel = plan.compile(dnnl_s8, known.to() - known.from(), expected.get(), slot);
            return kernel;
        } finally {
            if (kernel == null) {
                plan.abandon();
            }
        }
    }

    private GatedProduct gated(
            Product step, LayerFacts.Integers known, JoinedLayers layers, float[] bias, Resources resources) {
        Part all = new Part(step, 0, -1, 0, step.op().outputs());
        View from = all.levels().from();
        int channels = known.to() - known.from();
        GatedProduct.Shape shape =
                GatedProduct.Shape.of(Math.toIntExact(from.rows()), channels, known.outputs(), BLOCK);
        int rank = all.levels().rowScales().isPresent() ? RowsForm.WITH_ROW_SCALES : RowsForm.PLAIN;
        RowsForm form = new RowsForm(shape.rowBlock(), shape.width(), rank);
        Kernel.Plan any = gatePlan(form, all, known, bias);
        try {
            return any.withLayout(
                    dnnl_s8,
                    channels,
                    layout -> new GatedProduct(
                            shape,
                            blockWeights(all, known, bias, layers, form, layout),
                            new GateRows(step.outputs().get(0), shape.width(), arena),
                            scratch,
                            resources,
                            slot -> gatePlan(form, all, known, bias).compile(layout, slot)));
        } finally {
            any.abandon();
        }
    }

    /** Weights of as many outputs as {@code form} has: all packed as one where tiles are expanded, else each by itself. */
    private GatedProduct.BlockWeights blockWeights(
            Part all,
            LayerFacts.Integers known,
            float[] bias,
            JoinedLayers layers,
            RowsForm form,
            dnnl_memory_desc layout) {
        int width = form.outputs();
        if (inBlocks(known)) {
            RowsForm whole = new RowsForm(form.rows(), known.outputs(), form.rank());
            LayerWeights.Key key = new LayerWeights.Key(all.step.layers(), true, 0, -1, 0, known.outputs());
            Kernel.Plan plan = gatePlan(whole, all, known, bias);
            PackedWeights held;
            try {
                held = plan.withLayout(
                        dnnl_s8,
                        known.to() - known.from(),
                        wanted -> weights.get(key, wanted, () -> packed(all, layers, whole, wanted)));
            } finally {
                plan.abandon();
            }
            Optional<TiledLayout> part = held.tiles().flatMap(tiles -> tiles.part(width));
            if (part.isPresent()
                    && part.equals(WeightLayout.of(layout, form.weightAxes()).flatMap(WeightLayout::tiles))) {
                return (first, slot, area) -> held.address(first, width, slot, area);
            }
        }
        List<PackedWeights> blocks = new ArrayList<>();
        for (int first = 0; first < known.outputs(); first += width) {
            Part part = new Part(all.step, 0, -1, first, first + width);
            LayerWeights.Key key = new LayerWeights.Key(all.step.layers(), true, 0, -1, part.from, part.to);
            blocks.add(weights.get(key, layout, () -> packed(part, layers, form, layout)));
        }
        return (first, slot, area) -> blocks.get(first / width).address(0, width, slot, area);
    }

    /** For the first rows and outputs of a product. */
    private Kernel.Plan gatePlan(RowsForm form, Part all, LayerFacts.Integers known, float[] bias) {
        Product.Levels levels = all.levels();
        Form whole = form(all, levels.rowScales().isPresent());
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            plan.source(firstRows(levels.from(), form.rows())).zeroPoint(known.zeroPoint());
            plan.weightScales(weights.numbers(all.key("scales"), scaleLayout(whole), known::resultScales));
            levels.rowScales().ifPresent(plan::rowScales);
            if (bias != null) {
                boolean first = levels.rowScales().isEmpty();
                plan.bias(
                        weights.numbers(all.key("bias"), first ? whole.bias() : whole.perOutput(), () -> bias), first);
            }
            return plan.resultAnywhere();
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    private static View firstRows(View view, long rows) {
        return new View(
                view.value(),
                Shape.of(Math.toIntExact(rows), view.columns()),
                view.offset(),
                List.of(view.rowStride(), 1L));
    }

    private static PackedWeights packed(Part part, JoinedLayers layers, Form form, dnnl_memory_desc layout) {
        Segment segment = layers.segment(part.segment, part.from, part.to);
        List<ByteBuffer> halves = PairSafeWeights.halves(segment, part.half >= 0);
        return PackedWeights.integers(form, segment, halves.get(Math.max(0, part.half)), layout);
    }

    /** The result, and what is done to it by the last kernel that adds to it. */
    private void finish(Kernel.Plan plan, Part part, boolean last) {
        Output output = part.step.outputs().get(0);
        plan.result(part.columns(output.to()));
        if (!last) {
            return;
        }
        UnaryOperator<View> operand = part::columns;
        for (Epilogue epilogue : part.step.then()) {
            plan.then(epilogue, operand);
        }
        if (output instanceof Output.Levels levels) {
            AffineParams params = (AffineParams) levels.quantizer().params();
            plan.quantizes(params.inverseScale(), params.zeroPoint());
        }
    }

    private Task floats(Product step, Resources resources) {
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
        Form form = form(part, false);
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readFloats(plan, part, form, bias, accumulates, last);
            LayerWeights.Key key = new LayerWeights.Key(
                    part.step.layers(), false, channel, -1, 0, part.step.op().outputs());
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
        Form form = form(part, false);
        int channels = known.to() - known.from();
        LayerWeights.Key key = new LayerWeights.Key(
                part.step.layers(), true, 0, -1, 0, part.step.op().outputs());
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readFloats(plan, part, form, bias, false, true);
            if (form instanceof RowsForm) {
                plan.floatsOfIntegers()
                        .weightScales(
                                weights.numbers(part.key("weight scales"), scaleLayout(form), known::weightScales));
                if (plan.hasKernel(dnnl_s8, channels)) {
                    return Optional.of(plan.compile(
                            dnnl_s8,
                            channels,
                            layout -> weights.get(key, layout, () -> packed(part, layers, form, layout)),
                            scratch));
                }
            }
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
        plan.abandon();
        return known.elements() < EXPANDED_AT_USE
                ? Optional.empty()
                : Optional.of(expandedAtUse(part, layers, form, channels, bias, key));
    }

    private Kernel expandedAtUse(
            Part part, JoinedLayers layers, Form form, int channels, float[] bias, LayerWeights.Key key) {
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readFloats(plan, part, form, bias, false, true);
            return plan.compile(
                    dnnl_f32,
                    channels,
                    layout -> weights.get(
                            key, layout, () -> PackedWeights.dequantizedAtUse(form, layers.segment(0), layout)),
                    scratch);
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    private void readFloats(Kernel.Plan plan, Part part, Form form, float[] bias, boolean accumulates, boolean last) {
        plan.source(part.step.inputs().get(part.segment).from());
        if (bias != null) {
            plan.bias(weights.numbers(part.key("bias"), form.bias(), () -> bias), true);
        }
        if (accumulates) {
            plan.accumulate();
        }
        finish(plan, part, last);
    }

    private static dnnl_memory_desc scaleLayout(Form form) {
        return NativeMemory.rowMajor(dnnl_f32, form.outputs());
    }

    private static Form form(Part part, boolean rowScales) {
        int outputs = part.to - part.from;
        View from = part.step.inputs().get(part.segment).from();
        if (part.step.op() instanceof Conv2d conv && !isRows(conv)) {
            return new ImageForm(conv, outputs);
        }
        return new RowsForm(from.rows(), outputs, rowScales ? RowsForm.WITH_ROW_SCALES : RowsForm.PLAIN);
    }

    /** Whether a convolution is a product of positions: channels last, both are the same. */
    private static boolean isRows(Conv2d conv) {
        return conv.kernelHeight() == 1
                && conv.kernelWidth() == 1
                && conv.stride() == 1
                && conv.padding().equals(Conv2d.Padding.same(0));
    }

    private static int chunk(Product step, LayerFacts.Integers first) {
        int outputs = first.outputs();
        long bytes = first.elements();
        if (!PackedIntegers.worthwhile(bytes, first.bits())
                || bytes <= EXPANDED
                || step.op() instanceof Conv2d conv && !isRows(conv)) {
            return outputs;
        }
        long chunks = (bytes + EXPANDED - 1) / EXPANDED;
        return (int) Math.max(BLOCK, (outputs / chunks + BLOCK - 1) / BLOCK * BLOCK);
    }
}
