package org.mixdq4j.cpu.product;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.onednn.PairSafeWeights;

/** What one kernel computes of a step. @param half -1 for all of the integers. @param rows the first ones of rows */
record Part(Product step, int segment, int half, int from, int to, long rows) {
    private static final long ALL = Long.MAX_VALUE;

    /** Of all rows. */
    Part(Product step, int segment, int half, int from, int to) {
        this(step, segment, half, from, to, ALL);
    }

    private View part(View view) {
        return rows(view.slice(-1, from, to));
    }

    private View rows(View view) {
        if (view.rows() <= rows) {
            return view;
        }
        return new View(
                view.value(),
                Shape.of(Math.toIntExact(rows), view.columns()),
                view.offset(),
                List.of(view.rowStride(), 1L));
    }

    View source() {
        return rows(levels().from());
    }

    Product.Levels levels() {
        return (Product.Levels) step.inputs().get(segment);
    }

    List<Object> key(String what) {
        return List.of(what, step.layers(), segment, from, to);
    }

    /** Of its integer weights. */
    LayerWeights.Key weights() {
        return new LayerWeights.Key(step.layers(), true, segment, half, from, to);
    }

    Form form(boolean rowScales) {
        int outputs = to - from;
        View source = rows(step.inputs().get(segment).from());
        if (step.op() instanceof Conv2d conv && !isRows(conv)) {
            return new ImageForm(conv, outputs);
        }
        return new RowsForm(source.rows(), outputs, rowScales ? RowsForm.WITH_ROW_SCALES : RowsForm.PLAIN);
    }

    /** Whether a convolution is a product of positions: channels last, both are the same. */
    static boolean isRows(Conv2d conv) {
        return conv.kernelHeight() == 1
                && conv.kernelWidth() == 1
                && conv.stride() == 1
                && conv.padding().equals(Conv2d.Padding.same(0));
    }

    /** Its integer weights, packed if nobody did it before. */
    PackedWeights packed(LayerWeights weights, JoinedLayers layers, Form form, dnnl_memory_desc layout) {
        return weights.get(weights(), layout, () -> {
            Segment integers = layers.segment(segment, from, to);
            List<ByteBuffer> halves = PairSafeWeights.halves(integers, half >= 0);
            return PackedWeights.integers(form, integers, halves.get(Math.max(0, half)), layout);
        });
    }

    /** The result, and what is done to it by the last kernel that adds to it. */
    void finish(Kernel.Plan plan, boolean last) {
        Output output = step.outputs().get(0);
        plan.result(part(output.to()));
        if (!last) {
            return;
        }
        UnaryOperator<View> operand = this::part;
        for (Epilogue epilogue : step.then()) {
            plan.then(epilogue, operand);
        }
        if (output instanceof Output.Levels levels) {
            AffineParams params = (AffineParams) levels.quantizer().params();
            plan.quantizes(params.inverseScale(), params.zeroPoint());
        }
    }
}
