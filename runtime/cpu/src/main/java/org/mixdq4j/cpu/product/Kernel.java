package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OpenMp;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.TiledLayout;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Workers;

/** One oneDNN primitive of a product: planned piece by piece, compiled, then run again and again. */
final class Kernel implements ProductTask.Portion {
    /** Multiplications from which on it pays to divide a product among threads. */
    private static final long DIVIDED = 1L << 22;

    private final Resources resources = new Resources();
    private final List<Primitive> before = new ArrayList<>();
    private final List<Primitive> after = new ArrayList<>();
    private PackedWeights packed;
    private NativeMemory expanded;
    private Expansion expansion;
    private final List<Moved> moved = new ArrayList<>();
    private Primitive product;

    /** Whether a product of so many multiplications is worth being divided. */
    static boolean worthDividing(long multiplications) {
        return multiplications >= DIVIDED;
    }

    /** Memory that begins at {@code start} for the kernel's own outputs and rows, and so many bytes later for others. */
    private record Moved(NativeMemory memory, long start, long anOutput, long aRow) {}

    /** Whose threads are not to be in the way while it runs; or null. */
    private Workers others;

    /** Of kernels that are told where they are before each run. */
    private NativeMemory weights;

    private NativeMemory result;

    private Runnable claim = () -> {};

    /** What is known of a primitive before it is compiled. */
    static final class Plan {
        private final Kernel kernel = new Kernel();
        private final Attributes attributes = kernel.resources.add(new Attributes());
        private final Primitive.Binding binding = new Primitive.Binding();
        private final Form form;
        private final Arena arena;
        private NativeMemory source;
        private NativeMemory result;
        private NativeMemory bias;
        /** The thread whose memory the result is made in; or null. */
        private BlockSlots.Slot slot;

        private boolean accumulates;

        /** For a thread that makes images of some channels in its own memory: oneDNN writes none with gaps. */
        Plan(ImageForm form, Arena arena, BlockSlots.Slot slot) {
            this(form, arena);
            this.slot = slot;
        }

        Plan(Form form, Arena arena) {
            this.form = form;
            this.arena = arena;
        }

        /** Axes of its matrices. */
        int rank() {
            return ((RowsForm) form).rank();
        }

        private <T extends Resources.Native> T own(T resource) {
            return kernel.resources.add(resource);
        }

        /** @param anOutput bytes to what belongs to the next output. @param aRow to that of the next row */
        private NativeMemory at(dnnl_memory_desc layout, long address, long anOutput, long aRow) {
            NativeMemory memory = own(NativeMemory.detached(layout));
            memory.attach(address);
            kernel.moved.add(new Moved(memory, address, anOutput, aRow));
            return memory;
        }

        private NativeMemory perOutput(dnnl_memory_desc layout, View view) {
            return at(layout, arena.address(view), view.value().type().bytes(), 0);
        }

        /** What lies as the result does. */
        private NativeMemory whole(View view) {
            int bytes = view.value().type().bytes();
            long aRow = form instanceof RowsForm ? bytes * view.rowStride() : 0;
            return at(form.result(view), arena.address(view), bytes, aRow);
        }

        /** Numbers one an output, of which the kernel reads those of its outputs. */
        private NativeMemory perOutput(dnnl_memory_desc layout, NativeMemory numbers) {
            return at(layout, numbers.addressValue(), Float.BYTES, 0);
        }

        private NativeMemory perRow(dnnl_memory_desc layout, View view, long elements) {
            return at(
                    layout,
                    arena.address(view),
                    0,
                    elements * view.value().type().bytes());
        }

        Plan source(View view) {
            source = form instanceof RowsForm
                    ? perRow(form.source(view), view, view.rowStride())
                    : at(form.source(view), arena.address(view), 0, 0);
            return this;
        }

        /** @param fill run before the product, released with it */
        Plan before(Primitive fill) {
            kernel.before.add(own(fill));
            return this;
        }

        /** A source that is not in the arena. */
        Plan source(NativeMemory memory) {
            source = memory;
            return this;
        }

        Plan result(View view) {
            NativeMemory place = whole(view);
            if (slot == null) {
                result = place;
                return this;
            }
            result = own(NativeMemory.detached(ImageForm.dense(view)));
            if (accumulates) {
                beginWith(place);
            }
            kernel.after.add(own(Primitive.reorder(result, place, false, null, new Primitive.Binding())));
            return this;
        }

        /** The thread's own result holds this image, to which the product is added. */
        private void beginWith(NativeMemory image) {
            before(Primitive.reorder(image, result, false, null, new Primitive.Binding()));
        }

        /** The first columns of a dense matrix of 32-bit integers. @param columns it has */
        Plan columns(NativeMemory matrix, int columns) {
            dnnl_memory_desc layout = ((RowsForm) form).strided(dnnl_s32, form.outputs(), columns);
            result = at(layout, matrix.addressValue(), Integer.BYTES, 0);
            return this;
        }

        /** A dense result of floats, whose place is said before each run. */
        Plan resultAnywhere() {
            result = own(NativeMemory.detached(((RowsForm) form).dense(dnnl_f32, form.outputs())));
            return this;
        }

        /** The result is quantized on its way out. */
        Plan quantizes(float inverseScale, int zeroPoint) {
            attributes.scales(DNNL_ARG_DST, 0).zeroPoint(DNNL_ARG_DST);
            NativeMemory scale = own(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_f32, 1)));
            scale.buffer().putFloat(0, 1 / inverseScale);
            binding.bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, scale);
            binding.bind(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_DST, integer(zeroPoint));
            return this;
        }

        Plan zeroPoint(int value) {
            if (value != 0) {
                attributes.zeroPoint(DNNL_ARG_SRC);
                binding.bind(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, integer(value));
            }
            return this;
        }

        private NativeMemory integer(int value) {
            NativeMemory memory = own(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_s32, 1)));
            memory.buffer().putInt(0, value);
            return memory;
        }

        /** @param scales at least one an output */
        Plan weightScales(NativeMemory scales) {
            attributes.scales(DNNL_ARG_WEIGHTS, form.scaleMask());
            binding.bind(
                    DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS,
                    perOutput(NativeMemory.rowMajor(dnnl_f32, form.outputs()), scales));
            return this;
        }

        Plan floatsOfIntegers() {
            attributes.floatsOfIntegers();
            return this;
        }

        Plan rowScales(View scales) {
            NativeMemory memory = perRow(form.perRow(), scales, 1);
            binding.bind(attributes.multiply(memory.layout()), memory);
            return this;
        }

        /** @param values at least one an output. @param first whether it may be added before all else, as oneDNN does */
        Plan bias(NativeMemory values, boolean first) {
            NativeMemory own = perOutput(first ? form.bias() : form.perOutput(), values);
            if (first) {
                bias = own;
                binding.bind(DNNL_ARG_BIAS, own);
            } else {
                binding.bind(attributes.add(own.layout()), own);
            }
            return this;
        }

        Plan accumulate() {
            attributes.accumulate();
            accumulates = true;
            return this;
        }

        /** @param operand the part of an operand that belongs to this kernel's outputs */
        Plan then(Epilogue epilogue, UnaryOperator<View> operand) {
            if (epilogue instanceof Epilogue.AddRow add) {
                NativeMemory row = perOutput(form.perOutput(), operand.apply(add.row()));
                binding.bind(attributes.add(row.layout()), row);
            } else if (epilogue instanceof Epilogue.MulRow mul) {
                NativeMemory row = perOutput(form.perOutput(), operand.apply(mul.row()));
                binding.bind(attributes.multiply(row.layout()), row);
            } else if (epilogue instanceof Epilogue.Add add) {
                View other = operand.apply(add.other());
                NativeMemory whole = whole(other);
                if (slot != null) {
                    beginWith(whole);
                    attributes.accumulate();
                    return this;
                }
                binding.bind(attributes.add(whole.layout()), whole);
            } else if (epilogue instanceof Epilogue.Mul mul) {
                View other = operand.apply(mul.other());
                NativeMemory whole = whole(other);
                binding.bind(attributes.multiply(whole.layout()), whole);
            } else if (epilogue instanceof Epilogue.Apply apply) {
                function(apply);
            } else {
                throw new IllegalArgumentException("a product cannot end with " + epilogue);
            }
            return this;
        }

        private void function(Epilogue.Apply apply) {
            switch (apply.function()) {
                case SILU -> attributes.apply(dnnl_eltwise_swish, 1);
                case QUICK_GELU -> attributes.apply(dnnl_eltwise_swish, 1.702f);
                case GELU -> attributes.apply(dnnl_eltwise_gelu_erf, 0);
                case GELU_TANH -> attributes.apply(dnnl_eltwise_gelu_tanh, 0);
                case RELU -> attributes.apply(dnnl_eltwise_relu, 0);
                case EXP -> attributes.apply(dnnl_eltwise_exp, 0);
                case SOFT_CLAMP -> attributes
                        .apply(dnnl_eltwise_linear, 1f / 3)
                        .apply(dnnl_eltwise_tanh, 0)
                        .apply(dnnl_eltwise_linear, 3);
                case SIGNED -> attributes.apply(dnnl_eltwise_linear, 2, -1);
            }
        }

        /** Whether oneDNN has more than loops for what is planned so far. */
        boolean hasKernel(int type, int channels) {
            dnnl_memory_desc any = form.anyWeights(type, channels);
            try {
                dnnl_primitive_desc description = describe(any);
                boolean found = !Primitive.implementation(description).startsWith("ref");
                dnnl_primitive_desc_destroy(description);
                return found;
            } catch (MixdqException e) {
                return false;
            } finally {
                dnnl_memory_desc_destroy(any);
            }
        }

        /** Gives {@code use} the layout that oneDNN asks for the weights to have. */
        <T> T withLayout(int type, int channels, Function<dnnl_memory_desc, T> use) {
            dnnl_memory_desc any = form.anyWeights(type, channels);
            dnnl_primitive_desc description = null;
            try {
                OpenMp.plan(false);
                description = describe(any);
                OpenMp.planned();
                return use.apply(Primitive.layout(description, DNNL_ARG_WEIGHTS));
            } finally {
                OpenMp.planned();
                if (description != null) {
                    dnnl_primitive_desc_destroy(description);
                }
                dnnl_memory_desc_destroy(any);
            }
        }

        private dnnl_primitive_desc describe(dnnl_memory_desc weights) {
            return form.describe(
                    source.layout(), weights, bias == null ? null : bias.layout(), result.layout(), attributes);
        }

        /**
         * Compiles it for one thread that expands weights before each run; if it is kept, {@link Kernel#claim} gives it memory.
         *
         * @param expected the weights' layout
         * @return null if oneDNN wants another one
         */
        Kernel compile(int type, int channels, TiledLayout expected, BlockSlots.Slot slot) {
            attributes.ownScratch();
            dnnl_memory_desc any = form.anyWeights(type, channels);
            try {
                OpenMp.plan(false);
                dnnl_primitive_desc description = describe(any);
                dnnl_memory_desc wanted = Primitive.layout(description, DNNL_ARG_WEIGHTS);
                boolean fits = WeightLayout.of(wanted, form.weightAxes())
                        .flatMap(WeightLayout::tiles)
                        .filter(expected::equals)
                        .isPresent();
                if (!fits) {
                    dnnl_primitive_desc_destroy(description);
                    return null;
                }
                kernel.weights = own(NativeMemory.detached(NativeMemory.copy(wanted)));
                binding.bind(DNNL_ARG_WEIGHTS, kernel.weights);
                NativeMemory pad = pad(description);
                NativeMemory own = this.slot == null ? null : result;
                kernel.claim = () -> slot.add(kernel.weights, pad, own);
                return finish(description);
            } finally {
                OpenMp.planned();
                dnnl_memory_desc_destroy(any);
            }
        }

        /**
         * Compiles it for one thread, to be told before each run where its weights and its result are.
         *
         * @param asked the weights' layout
         */
        Kernel compile(dnnl_memory_desc asked, BlockSlots.Slot slot) {
            attributes.ownScratch();
            OpenMp.plan(false);
            dnnl_primitive_desc description = describe(asked);
            kernel.weights = own(NativeMemory.detached(NativeMemory.copy(asked)));
            kernel.result = result;
            binding.bind(DNNL_ARG_WEIGHTS, kernel.weights);
            slot.add(kernel.weights, pad(description), null);
            return finish(description);
        }

        /**
         * Compiles it.
         *
         * @param type of the weights, oneDNN's
         * @param channels that are multiplied
         * @param weights gives them in the layout that oneDNN asks for
         */
        Kernel compile(int type, int channels, Function<dnnl_memory_desc, PackedWeights> weights, Scratch scratch) {
            dnnl_memory_desc any = form.anyWeights(type, channels);
            try {
                return compile(any, channels, weights, scratch);
            } finally {
                dnnl_memory_desc_destroy(any);
            }
        }

        /** Compiles it with the weights of another kernel, in their layout. */
        private Kernel compile(Kernel other, int channels, Scratch scratch) {
            kernel.expanded = other.expanded;
            return compile(other.packed.layout(), channels, layout -> other.packed, scratch);
        }

        private Kernel compile(
                dnnl_memory_desc asked,
                int channels,
                Function<dnnl_memory_desc, PackedWeights> weights,
                Scratch scratch) {
            attributes.ownScratch();
            boolean divided = worthDividing(result.bytes() / 4 * channels * form.taps());
            kernel.others = divided ? scratch.workers() : null;
            OpenMp.plan(divided);
            dnnl_primitive_desc description = describe(asked);
            dnnl_memory_desc wanted = Primitive.layout(description, DNNL_ARG_WEIGHTS);
            kernel.packed = weights.apply(wanted);
            // Packing may have planned other primitives in between.
            OpenMp.plan(divided);
            if (kernel.expanded != null) {
                // Somebody else expanded them just before.
                binding.bind(DNNL_ARG_WEIGHTS, kernel.expanded);
            } else if (kernel.packed.isPacked()) {
                kernel.expanded = own(NativeMemory.detached(NativeMemory.copy(wanted)));
                kernel.expansion = kernel.resources.add(kernel.packed.expansion(kernel.expanded, scratch));
                OpenMp.plan(divided);
                scratch.weights(kernel.expanded);
                binding.bind(DNNL_ARG_WEIGHTS, kernel.expanded);
            } else {
                binding.bind(DNNL_ARG_WEIGHTS, kernel.packed.memory());
            }
            NativeMemory pad = pad(description);
            if (pad != null) {
                scratch.pad(pad);
            }
            return finish(description);
        }

        /** What the primitive needs while it runs, without memory yet; or null. */
        private NativeMemory pad(dnnl_primitive_desc description) {
            dnnl_memory_desc layout = Primitive.layout(description, DNNL_ARG_SCRATCHPAD);
            if (dnnl_memory_desc_get_size(layout) == 0) {
                return null;
            }
            NativeMemory pad = own(NativeMemory.detached(NativeMemory.copy(layout)));
            binding.bind(DNNL_ARG_SCRATCHPAD, pad);
            return pad;
        }

        private Kernel finish(dnnl_primitive_desc description) {
            kernel.product = kernel.resources.add(binding.bind(DNNL_ARG_SRC, source)
                    .bind(DNNL_ARG_DST, result)
                    .compile(description));
            return kernel;
        }

        /** Releases what was planned if something failed. */
        void abandon() {
            kernel.close();
        }
    }

    private Kernel() {}

    /** Asks for the thread's memory, which is there when all is planned. From then on this may not be given up for another plan. */
    void claim() {
        claim.run();
    }

    /**
     * Runs it for rows and outputs of a product that its own are the first of.
     *
     * @param weightsAt address of the outputs' weights
     */
    void run(int row, int output, long weightsAt) {
        weights.attach(weightsAt);
        for (Moved each : moved) {
            each.memory.attach(each.start + row * each.aRow + output * each.anOutput);
        }
        run();
    }

    /** The same with the result at an address. */
    void run(int row, int output, long weightsAt, long resultAt) {
        result.attach(resultAt);
        run(row, output, weightsAt);
    }

    @Override
    public void run() {
        if (others != null) {
            others.pause();
        }
        before.forEach(Primitive::execute);
        if (expansion != null) {
            expansion.run();
        }
        product.execute();
        after.forEach(Primitive::execute);
    }

    @Override
    public Kernel ofOtherRows(int rows, ProductTask.Plans plans, LayerFacts.Integers weights, Scratch scratch) {
        return plans.first(rows, weights.outputs()).compile(this, weights.to() - weights.from(), scratch);
    }

    /** Of weights that are told before each run. */
    dnnl_memory_desc weightLayout() {
        return weights.layout();
    }

    /** oneDNN's name of it. */
    @Override
    public String implementation() {
        return product.implementation();
    }

    @Override
    public void close() {
        resources.close();
    }
}
