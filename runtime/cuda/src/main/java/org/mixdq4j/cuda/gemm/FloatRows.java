package org.mixdq4j.cuda.gemm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/**
 * Few rows of floats by packed integers ({@code float_rows.cu}): the rows of first tokens that stay in float, and layers whose weights
 * alone are integers where there is one row a sample. Which kernel a layer takes must not depend on the number of samples.
 */
final class FloatRows {
    static final Layout LAYOUT = Finish.append(
            new Layout("FloatRows")
                    .pointers("x", "factors", "b", "multipliers", "scale", "bias", "earlier")
                    .s32("rows", "n", "k", "pitch", "rowsEach", "rotation"),
            "finish");

    static final int THREADS = 128;
    /** Shared memory that a block may ask for everywhere. */
    private static final int SHARED = 48 << 10;

    private static final int MOST_ROWS = 4;

    private FloatRows() {}

    /** Whether a product has no first rows, or such as can be replaced. An epilogue could read what was overwritten already. */
    static boolean canReplaceFirst(Product product, Finish finish) {
        return product.firstRow().isEmpty()
                || product.integer()
                        && product.then().isEmpty()
                        && product.firstRow().get().isMatrix()
                        && product.firstRow().get().rows() == finish.samples()
                        && product.inputs().stream().allMatch(input -> fits(input.from()));
    }

    private static boolean fits(View input) {
        return input.columns() * Float.BYTES <= SHARED;
    }

    /** Whether weights alone are integers and there is one row a sample. */
    static boolean takesWhole(Product product, Finish finish, Binder binder) {
        View from = product.inputs().get(0).from();
        return !product.integer()
                && product.firstRow().isEmpty()
                && product.inputs().size() == 1
                && product.layers().stream().allMatch(id -> binder.layers()
                        .form(id)
                        .filter(form -> form.weightBits() > 0 && form.segments().size() == 1)
                        .isPresent())
                && finish.rows() == finish.samples()
                && from.isMatrix()
                && from.rows() == finish.rows()
                && from.columns() % Form.VECTOR == 0
                && fits(from);
    }

    /** The whole product. */
    static void planWhole(Product product, Finish finish, Weights weights, Binder binder) {
        segments(product, product.inputs().get(0).from(), finish, weights, binder);
    }

    /** What overwrites first rows, if there are any. */
    static void planFirst(Product product, Finish finish, Weights weights, Binder binder) {
        product.firstRow().ifPresent(row -> segments(product, row, finish, weights, binder));
    }

    /** @param x a row a sample, of all segments */
    private static void segments(Product product, View x, Finish finish, Weights weights, Binder binder) {
        int outputs = product.op().outputs();
        int rows = finish.samples();
        int segments = product.inputs().size();
        long earlier = segments == 1 ? 0 : binder.scratch((long) Float.BYTES * rows * outputs);
        int from = 0;
        for (int i = 0; i < segments; i++) {
            int width = product.inputs().get(i).from().columns();
            View part = x.slice(-1, from, from + width);
            boolean last = i == segments - 1;
            Arguments arguments = new Arguments(LAYOUT)
                    .pointer("x", binder.address(part))
                    .pointer("b", weights.integers(i))
                    .pointer("multipliers", weights.multipliers(i))
                    .pointer("scale", weights.weightScales(i))
                    .s32("rows", rows)
                    .s32("n", outputs)
                    .s32("k", width)
                    .s32("pitch", part.rowStride())
                    .s32("rowsEach", last ? finish.rows() / rows : 1);
            // All layers of a product read the same.
            LayerForm form = binder.layers().form(product.layers().get(0)).orElseThrow();
            arguments.s32("rotation", form.rotation());
            if (form.factors().isPresent()) {
                arguments.pointer("factors", binder.floats(form.factors().get()) + (long) Float.BYTES * from);
            }
            if (i == 0) {
                arguments.pointer("bias", weights.bias());
            } else {
                arguments.scratch("earlier", earlier);
            }
            if (last) {
                finish.write(arguments, "finish", binder);
            } else {
                GemmFamily.leave(arguments, earlier, outputs);
            }
            int together = together(rows, width);
            binder.launch(
                    kernel(
                            weights.form(i),
                            Finish.type(part.value().type()),
                            together,
                            i > 0,
                            last ? finish.defines() : GemmFamily.NO_FINISH),
                    new Geometry(
                            Tile.blocks(outputs, Form.BLOCK),
                            Tile.blocks(rows, together),
                            1,
                            THREADS,
                            together * width * Float.BYTES,
                            binder.info().clusters()),
                    arguments);
            from += width;
        }
    }

    /** Rows that share one reading of the weights. */
    private static int together(int rows, int width) {
        int together = 1;
        while (together < rows && together < MOST_ROWS && 2 * together * width * Float.BYTES <= SHARED) {
            together *= 2;
        }
        return together;
    }

    private static Kernel kernel(Form form, int input, int rows, boolean earlier, Map<String, Object> ends) {
        Map<String, Object> defines = new TreeMap<>(ends);
        defines.put("WEIGHT_BITS", form.bits());
        defines.put("GROUP", form.group());
        defines.put("INPUT", input);
        defines.put("ROWS", rows);
        defines.put("EARLIER", earlier ? 1 : 0);
        return new Kernel("float_rows.cu", "floatRows", defines, LAYOUT);
    }

    static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        for (Form form : List.of(new Form(0, 8, 0), new Form(0, 4, 0), new Form(0, 4, 32), new Form(0, 4, 128))) {
            for (DType type : List.of(DType.F32, DType.F16, DType.BF16)) {
                int number = Finish.type(type);
                Map<String, Object> ends = Map.of("THEN", 1, "THEN_0", 16, "SINKS", 1, "SINK_0", number);
                variants.add(kernel(form, number, 1 << number, number == 2, ends));
            }
        }
        return variants;
    }
}
