package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.FourBitTiles;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.TiledLayout;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.vector.GateRows;

/** Products of integers. */
final class IntegerProducts {
    /** Bytes of weights that are expanded at a time: what stays in the cores' caches until it is multiplied. */
    private static final long EXPANDED = 1 << 20;
    /** Outputs of which a chunk is a multiple: a kernel's block. */
    static final int BLOCK = 64;
    /** Blocks of an image's channels from which on threads have about equal shares. */
    private static final int IMAGE_BLOCKS = 8;
    /** Bytes of a block of an image that stay in a core's cache until they are copied to their place. */
    private static final long IMAGE_BYTES = 1 << 20;

    private final LayerWeights weights;
    private final Arena arena;
    private final Scratch scratch;
    private final Borders borders;

    IntegerProducts(LayerWeights weights, Arena arena, Scratch scratch, Borders borders) {
        this.weights = weights;
        this.arena = arena;
        this.scratch = scratch;
        this.borders = borders;
    }

    /** @param resources that are released with the task */
    Task create(Product step, Resources resources) {
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
        boolean plain = plainInBlocks(step, facts);
        if (plain || inBlocks(step, facts)) {
            for (int i = 0; i < segments; i++) {
                Part all = new Part(step, i, -1, 0, outputs);
                LayerFacts.Integers known = facts.segments().get(i);
                float[] first = i == 0 ? bias : null;
                boolean last = i == segments - 1;
                ProductTask.Portion portion = resources.add(
                        plain
                                ? plainBlocks(all, known, layers, first, i > 0, last)
                                : blocked(all, known, layers, first, i > 0, last));
                kernels.add(portion);
                added(portion, all, known, firstRow);
            }
            return new ProductTask(kernels, firstRow, resources);
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
                    added(kernel, part, known, firstRow);
                    fresh = false;
                }
            }
        }
        return new ProductTask(kernels, firstRow, resources);
    }

    /** Remembers a slow one, and gives the first row its part. @param firstRow or null */
    private void added(ProductTask.Portion product, Part part, LayerFacts.Integers known, FirstRow firstRow) {
        if (product.implementation().startsWith("ref")) {
            weights.slow(part.step().layers());
        }
        if (firstRow != null) {
            int rank = ((RowsForm) form(part, Optional.empty())).rank();
            firstRow.add(product, known, part.from(), rank, part.levels().quantizer(), scratch);
        }
    }

    private Kernel integers(
            Part part,
            LayerFacts.Integers known,
            JoinedLayers layers,
            float[] bias,
            boolean accumulates,
            boolean last) {
        Optional<Borders.Bordered> bordered = bordered(part, known);
        Form form = form(part, bordered);
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            bordered.ifPresent(image -> plan.before(image.fill()));
            readIntegers(plan, part, part, bordered, known, bias, accumulates, last);
            return plan.compile(
                    dnnl_s8, known.to() - known.from(), layout -> part.packed(weights, layers, form, layout), scratch);
        } catch (RuntimeException | Error e) {
            plan.abandon();
            throw e;
        }
    }

    /** Empty where the part reads its input as it is. */
    private Optional<Borders.Bordered> bordered(Part part, LayerFacts.Integers known) {
        return part.form(false) instanceof ImageForm image && known.zeroPoint() != 0
                ? borders.of(image, part.levels().from(), known.zeroPoint(), known.elements(), arena)
                : Optional.empty();
    }

    private static Form form(Part part, Optional<Borders.Bordered> bordered) {
        return bordered.isPresent()
                ? new ImageForm(bordered.get().op(), part.to() - part.from())
                : part.form(part.levels().rowScales().isPresent());
    }

    /** @param numbers whose scales and biases are kept together, of which the first are this part's */
    private void readIntegers(
            Kernel.Plan plan,
            Part part,
            Part numbers,
            Optional<Borders.Bordered> bordered,
            LayerFacts.Integers known,
            float[] bias,
            boolean accumulates,
            boolean last) {
        if (bordered.isPresent()) {
            plan.source(bordered.get().memory());
        } else {
            plan.source(part.source());
        }
        scale(plan, numbers, known, bias);
        if (accumulates) {
            plan.accumulate();
        }
        part.finish(plan, last);
    }

    /** From sums of integers to values. @param bias of all of the product's outputs, or null */
    private void scale(Kernel.Plan plan, Part numbers, LayerFacts.Integers known, float[] bias) {
        Optional<View> rowScales = numbers.levels().rowScales();
        Form form = numbers.form(rowScales.isPresent());
        plan.zeroPoint(known.zeroPoint());
        plan.weightScales(weights.numbers(numbers.key("scales"), form.scales(), known::resultScales));
        rowScales.ifPresent(plan::rowScales);
        if (bias != null) {
            NativeMemory values = weights.numbers(
                    numbers.key("bias"),
                    rowScales.isEmpty() ? form.bias() : form.perOutput(),
                    () -> Arrays.copyOfRange(bias, numbers.from(), numbers.to()));
            plan.bias(values, rowScales.isEmpty());
        }
    }

    /** Whether weights are of 4 bits and worth expanding block by block. */
    private static boolean inBlocks(Product step, LayerFacts facts) {
        boolean image = step.op() instanceof Conv2d conv && !Part.isRows(conv);
        return (!image || imageInBlocks(step)) && facts.segments().stream().allMatch(IntegerProducts::inBlocks);
    }

    /** Whether threads can make an image some channels each. */
    private static boolean imageInBlocks(Product step) {
        Output output = step.outputs().get(0);
        boolean multiplies = step.then().stream().anyMatch(Epilogue.Mul.class::isInstance);
        long adds = step.then().stream().filter(Epilogue.Add.class::isInstance).count();
        // Floats that are added to, one other image at most, are copied to where the result is to be.
        boolean fits = adds == 0 || adds == 1 && step.inputs().size() == 1 && !(output instanceof Output.Levels);
        return fits
                && !multiplies
                && step.op().outputs() >= IMAGE_BLOCKS * BLOCK
                && output.to().rows() * BLOCK * Float.BYTES <= IMAGE_BYTES;
    }

    private static boolean inBlocks(LayerFacts.Integers known) {
        return FourBitTiles.supported() && known.bits() == 4 && !known.halved() && isPacked(known);
    }

    private static boolean isPacked(LayerFacts.Integers known) {
        return PackedIntegers.worthwhile(known.elements(), known.bits());
    }

    /** All outputs of a segment: block by block if its weights turn out to lie so, else at once. */
    private ProductTask.Portion blocked(
            Part all, LayerFacts.Integers known, JoinedLayers layers, float[] bias, boolean accumulates, boolean last) {
        int channels = known.to() - known.from();
        Optional<Borders.Bordered> bordered = bordered(all, known);
        Form form = form(all, bordered);
        int width = BlockedProduct.width(known.outputs(), channels * form.taps(), BLOCK);
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            readIntegers(plan, all, all, bordered, known, bias, accumulates, last);
            BlockedProduct blocks = plan.withLayout(dnnl_s8, channels, layout -> {
                PackedWeights held = all.packed(weights, layers, form, layout);
                return held.tiles().isEmpty() || width >= known.outputs()
                        ? null
                        : BlockedProduct.of(
                                held,
                                known.outputs(),
                                width,
                                scratch,
                                (count, slot) ->
                                        block(all, count, slot, bordered, held, known, bias, accumulates, last));
            });
            if (blocks != null) {
                plan.abandon();
                bordered.ifPresent(image -> blocks.before(image.fill()));
                return blocks;
            }
            Kernel kernel =
                    plan.compile(dnnl_s8, channels, layout -> all.packed(weights, layers, form, layout), scratch);
            bordered.ifPresent(image -> plan.before(image.fill()));
            return kernel;
        } catch (RuntimeException | Error e) {
            bordered.ifPresent(image -> image.fill().close());
            plan.abandon();
            throw e;
        }
    }

    /** The kernel of a product's first outputs. @return null if oneDNN wants their weights in another layout */
    private Kernel block(
            Part all,
            int count,
            BlockSlots.Slot slot,
            Optional<Borders.Bordered> bordered,
            PackedWeights held,
            LayerFacts.Integers known,
            float[] bias,
            boolean accumulates,
            boolean last) {
        Optional<TiledLayout> expected = held.tiles().flatMap(tiles -> tiles.part(count));
        if (expected.isEmpty()) {
            return null;
        }
        Part first = new Part(all.step(), all.segment(), -1, 0, count);
        Form form = form(first, bordered);
        Kernel.Plan plan =
                form instanceof ImageForm image ? new Kernel.Plan(image, arena, slot) : new Kernel.Plan(form, arena);
        Kernel kernel = null;
        try {
            readIntegers(plan, first, all, bordered, known, bias, accumulates, last);
            kernel = plan.compile(dnnl_s8, known.to() - known.from(), expected.get(), slot);
            return kernel;
        } finally {
            if (kernel == null) {
                plan.abandon();
            }
        }
    }

    /** Whether it pays that threads multiply some outputs each, by weights that are not packed. */
    private static boolean plainInBlocks(Product step, LayerFacts facts) {
        long rows = step.inputs().get(0).from().rows();
        boolean image = step.op() instanceof Conv2d conv && !Part.isRows(conv);
        return !image
                && facts.segments().stream()
                        .allMatch(known ->
                                !known.halved() && !isPacked(known) && Kernel.worthDividing(rows * known.elements()));
    }

    /** All outputs of a segment by weights of 8 bits, block by block. */
    private BlockedRows plainBlocks(
            Part all, LayerFacts.Integers known, JoinedLayers layers, float[] bias, boolean accumulates, boolean last) {
        int rows = Math.toIntExact(all.levels().from().rows());
        RowCut cut = RowCut.of(rows, known.to() - known.from(), known.outputs(), BLOCK);
        ProductTask.Plans plans = (some, count) -> {
            Part first = new Part(all.step(), all.segment(), -1, 0, count, some);
            Kernel.Plan plan = new Kernel.Plan(form(first, Optional.empty()), arena);
            try {
                readIntegers(plan, first, all, Optional.empty(), known, bias, accumulates, last);
                return plan;
            } catch (RuntimeException | Error e) {
                plan.abandon();
                throw e;
            }
        };
        List<PackedWeights> blocks = cut.groups().stream()
                .map(group -> {
                    Part part = new Part(all.step(), all.segment(), -1, group.from(), group.to());
                    return blocks(part, group.width(), layers, plans.first(cut.rowBlock(), group.width()));
                })
                .toList();
        return new BlockedRows(cut, blocks, plans, scratch);
    }

    /** Weights in blocks of {@code width} outputs. @param plan of a block, given away */
    private PackedWeights blocks(Part part, int width, JoinedLayers layers, Kernel.Plan plan) {
        try {
            RowsForm form = new RowsForm(1, width, plan.rank());
            return plan.withLayout(dnnl_s8, part.source().columns(), layout -> blocks(part, form, layers, layout));
        } finally {
            plan.abandon();
        }
    }

    private PackedWeights blocks(Part part, RowsForm form, JoinedLayers layers, dnnl_memory_desc layout) {
        return weights.get(
                part.weights(),
                layout,
                () -> PackedWeights.blocks(form, layers.segment(part.segment(), part.from(), part.to()), layout));
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

    /** Weights of as many outputs as {@code form} has: each by itself unless tiles are expanded. */
    private GatedProduct.BlockWeights blockWeights(
            Part all,
            LayerFacts.Integers known,
            float[] bias,
            JoinedLayers layers,
            RowsForm form,
            dnnl_memory_desc layout) {
        int width = form.outputs();
        if (!isPacked(known)) {
            PackedWeights blocks = blocks(all, form, layers, layout);
            return (first, slot, area) -> blocks.blockAddress(first / width);
        }
        if (inBlocks(known)) {
            RowsForm whole = new RowsForm(form.rows(), known.outputs(), form.rank());
            Kernel.Plan plan = gatePlan(whole, all, known, bias);
            PackedWeights held;
            try {
                held = plan.withLayout(
                        dnnl_s8, known.to() - known.from(), wanted -> all.packed(weights, layers, whole, wanted));
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
            blocks.add(new Part(all.step(), 0, -1, first, first + width).packed(weights, layers, form, layout));
        }
        return (first, slot, area) -> blocks.get(first / width).address(0, width, slot, area);
    }

    /** For the first rows and outputs of a product. */
    private Kernel.Plan gatePlan(RowsForm form, Part all, LayerFacts.Integers known, float[] bias) {
        Kernel.Plan plan = new Kernel.Plan(form, arena);
        try {
            plan.source(firstRows(all.levels().from(), form.rows()));
            scale(plan, all, known, bias);
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

    private static int chunk(Product step, LayerFacts.Integers first) {
        int outputs = first.outputs();
        long bytes = first.elements();
        if (!PackedIntegers.worthwhile(bytes, first.bits())
                || bytes <= EXPANDED
                || step.op() instanceof Conv2d conv && !Part.isRows(conv)) {
            return outputs;
        }
        long chunks = (bytes + EXPANDED - 1) / EXPANDED;
        return (int) Math.max(BLOCK, (outputs / chunks + BLOCK - 1) / BLOCK * BLOCK);
    }
}
