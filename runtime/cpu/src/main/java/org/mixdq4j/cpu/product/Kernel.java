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
import org.mixdq4j.cpu.session.Arena;

/** One oneDNN primitive of a product: planned piece by piece, compiled, then run again and again. */
final class Kernel implements Resources.Native {
    /** Multiplications from which on it pays to divide a product among threads. */
    private static final long DIVIDED = 1L << 22;

    private final Resources resources = new Resources();
    private final List<Primitive> before = new ArrayList<>();
    private PackedWeights packed;
    private NativeMemory expanded;
    private Expansion expansion;
    private int rank;
    private Primitive product;

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

        Plan(Form form, Arena arena) {
            kernel.rank = form instanceof RowsForm rows ? rows.rank() : 4;
            this.form = form;
            this.arena = arena;
        }

        NativeMemory own(NativeMemory memory) {
            return kernel.resources.add(memory);
        }

        private NativeMemory at(dnnl_memory_desc layout, View view) {
            NativeMemory memory = own(NativeMemory.detached(layout));
            memory.attach(arena.address(view));
            return memory;
        }

        Plan source(View view) {
            source = at(form.source(view), view);
            return this;
        }

        /** A source that is not in the arena. @param fill run before the product */
        Plan source(NativeMemory memory, Primitive fill) {
            source = memory;
            kernel.before.add(kernel.resources.add(fill));
            return this;
        }

        Plan source(NativeMemory memory) {
            source = memory;
            return this;
        }

        Plan result(View view) {
            result = at(form.result(view), view);
            return this;
        }

        Plan result(NativeMemory memory) {
            result = memory;
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

        Plan weightScales(NativeMemory scales) {
            attributes.scales(DNNL_ARG_WEIGHTS, form.scaleMask());
            binding.bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales);
            return this;
        }

        Plan floatsOfIntegers() {
            attributes.floatsOfIntegers();
            return this;
        }

        Plan rowScales(View scales) {
            NativeMemory memory = at(form.perRow(), scales);
            binding.bind(attributes.multiply(memory.layout()), memory);
            return this;
        }

        /** @param first whether it may be added before all else, as oneDNN does */
        Plan bias(NativeMemory values, boolean first) {
            if (first) {
                bias = values;
                binding.bind(DNNL_ARG_BIAS, values);
            } else {
                binding.bind(attributes.add(values.layout()), values);
            }
            return this;
        }

        Plan accumulate() {
            attributes.accumulate();
            return this;
        }

        /** @param operand the part of an operand that belongs to this kernel's outputs */
        Plan then(Epilogue epilogue, UnaryOperator<View> operand) {
            if (epilogue instanceof Epilogue.AddRow add) {
                NativeMemory row = at(form.perOutput(), operand.apply(add.row()));
                binding.bind(attributes.add(row.layout()), row);
            } else if (epilogue instanceof Epilogue.MulRow mul) {
                NativeMemory row = at(form.perOutput(), operand.apply(mul.row()));
                binding.bind(attributes.multiply(row.layout()), row);
            } else if (epilogue instanceof Epilogue.Add add) {
                View other = operand.apply(add.other());
                NativeMemory whole = at(form.result(other), other);
                binding.bind(attributes.add(whole.layout()), whole);
            } else if (epilogue instanceof Epilogue.Mul mul) {
                View other = operand.apply(mul.other());
                NativeMemory whole = at(form.result(other), other);
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
                dnnl_primitive_desc description = form.describe(
                        source.layout(), any, bias == null ? null : bias.layout(), result.layout(), attributes);
                boolean found = !Primitive.implementation(description).startsWith("ref");
                dnnl_primitive_desc_destroy(description);
                return found;
            } catch (MixdqException e) {
                return false;
            } finally {
                dnnl_memory_desc_destroy(any);
            }
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
        Kernel compile(Kernel other, int channels, Scratch scratch) {
            kernel.expanded = other.expanded;
            return compile(other.packed.layout(), channels, layout -> other.packed, scratch);
        }

        private Kernel compile(
                dnnl_memory_desc asked,
                int channels,
                Function<dnnl_memory_desc, PackedWeights> weights,
                Scratch scratch) {
            attributes.ownScratch();
            long work = result.bytes() / 4 * channels * form.taps();
            OpenMp.plan(work >= DIVIDED);
            dnnl_primitive_desc description = form.describe(
                    source.layout(), asked, bias == null ? null : bias.layout(), result.layout(), attributes);
            dnnl_memory_desc wanted = Primitive.layout(description, DNNL_ARG_WEIGHTS);
            kernel.packed = weights.apply(wanted);
            // Packing may have planned other primitives in between.
            OpenMp.plan(work >= DIVIDED);
            if (kernel.expanded != null) {
                // Somebody else expanded them just before.
                binding.bind(DNNL_ARG_WEIGHTS, kernel.expanded);
            } else if (kernel.packed.isPacked()) {
                kernel.expanded = own(NativeMemory.detached(NativeMemory.copy(wanted)));
                kernel.expansion = kernel.resources.add(kernel.packed.expansion(kernel.expanded, scratch));
                OpenMp.plan(work >= DIVIDED);
                scratch.weights(kernel.expanded);
                binding.bind(DNNL_ARG_WEIGHTS, kernel.expanded);
            } else {
                binding.bind(DNNL_ARG_WEIGHTS, kernel.packed.memory());
            }
            dnnl_memory_desc padLayout = Primitive.layout(description, DNNL_ARG_SCRATCHPAD);
            if (dnnl_memory_desc_get_size(padLayout) > 0) {
                NativeMemory pad = own(NativeMemory.detached(NativeMemory.copy(padLayout)));
                scratch.pad(pad);
                binding.bind(DNNL_ARG_SCRATCHPAD, pad);
            }
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

    void run() {
        for (Primitive primitive : before) {
            primitive.execute();
        }
        if (expansion != null) {
            expansion.run();
        }
        product.execute();
    }

    /** Axes of its matrices. */
    int rank() {
        return rank;
    }

    /** oneDNN's name of it. */
    String implementation() {
        return product.implementation();
    }

    @Override
    public void close() {
        resources.close();
    }
}
