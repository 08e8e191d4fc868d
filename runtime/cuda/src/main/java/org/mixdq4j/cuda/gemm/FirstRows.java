package org.mixdq4j.cuda.gemm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.finish.Finish;

/** First tokens that stay in float: after the integer product their rows are computed from the same packed weights and overwritten. */
final class FirstRows {
    static final Layout LAYOUT = Finish.append(
            new Layout("FirstRows")
                    .pointers("x", "factors", "b", "multipliers", "scale", "bias", "earlier")
                    .s32("n", "k", "pitch", "rowsEach"),
            "finish");

    static final int THREADS = 128;
    /** Shared memory that a block may ask for everywhere. */
    private static final int SHARED = 48 << 10;

    private FirstRows() {}

    /** An epilogue could read what the product has overwritten already. */
    static boolean takes(Product product, Finish finish) {
        if (product.firstRow().isEmpty()) {
            return true;
        }
        View row = product.firstRow().get();
        return product.integer()
                && product.then().isEmpty()
                && row.isMatrix()
                && row.rows() == finish.samples()
                && product.inputs().stream().allMatch(input -> input.from().columns() * Float.BYTES <= SHARED);
    }

    static void plan(Product product, Finish finish, Weights weights, Binder binder) {
        if (product.firstRow().isEmpty()) {
            return;
        }
        View row = product.firstRow().get();
        int outputs = product.op().outputs();
        int samples = finish.samples();
        int segments = product.inputs().size();
        long earlier = segments == 1 ? 0 : binder.scratch((long) Float.BYTES * samples * outputs);
        float[] factors = factors(product, binder);
        int from = 0;
        for (int i = 0; i < segments; i++) {
            int width = product.inputs().get(i).from().columns();
            View part = row.slice(-1, from, from + width);
            boolean last = i == segments - 1;
            Arguments arguments = new Arguments(LAYOUT)
                    .pointer("x", binder.address(part))
                    .pointer("b", weights.integers(i))
                    .pointer("multipliers", weights.multipliers(i))
                    .pointer("scale", weights.weightScales(i))
                    .s32("n", outputs)
                    .s32("k", width)
                    .s32("pitch", part.rowStride())
                    .s32("rowsEach", last ? finish.rows() / samples : 1);
            if (factors != null) {
                arguments.pointer("factors", binder.floats(factors) + (long) Float.BYTES * from);
            }
            if (i == 0) {
                arguments.pointer("bias", weights.bias());
            } else {
                arguments.scratch("earlier", earlier);
            }
            if (last) {
                finish.write(arguments, "finish", binder);
            } else {
                arguments
                        .scratch("finish.sink[0].at", earlier)
                        .s32("finish.sink[0].pitch", outputs)
                        .s32("finish.sink[0].columns", outputs);
            }
            Map<String, Object> ends = last ? finish.defines() : Map.of("THEN", 0, "SINKS", 1, "SINK_0", 0);
            binder.launch(
                    kernel(weights.form(i), Finish.type(part.value().type()), i > 0, ends),
                    new Geometry(
                            Tile.blocks(outputs, Form.BLOCK),
                            samples,
                            1,
                            THREADS,
                            width * Float.BYTES,
                            binder.info().clusters()),
                    arguments);
            from += width;
        }
    }

    /** Of input channels; all layers of a product have the same. */
    private static float[] factors(Product product, Binder binder) {
        return binder.layers()
                .form(product.layers().get(0))
                .flatMap(form -> form.factors())
                .orElse(null);
    }

    private static Kernel kernel(Form form, int input, boolean earlier, Map<String, Object> ends) {
        Map<String, Object> defines = new TreeMap<>(ends);
        defines.put("WEIGHT_BITS", form.bits());
        defines.put("GROUP", form.group());
        defines.put("INPUT", input);
        defines.put("EARLIER", earlier ? 1 : 0);
        return new Kernel("first_rows.cu", "firstRows", defines, LAYOUT);
    }

    static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        for (Form form : List.of(new Form(0, 8, 0), new Form(0, 4, 0), new Form(0, 4, 32), new Form(0, 4, 128))) {
            for (DType type : List.of(DType.F32, DType.F16, DType.BF16)) {
                int number = Finish.type(type);
                variants.add(kernel(form, number, number == 2, Map.of("THEN", 0, "SINKS", 1, "SINK_0", number)));
            }
        }
        return variants;
    }
}
