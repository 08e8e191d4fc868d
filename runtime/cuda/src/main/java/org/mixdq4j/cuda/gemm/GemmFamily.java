package org.mixdq4j.cuda.gemm;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Layout;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.TensorMap;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;

/**
 * Products of rows of bytes by integers, and of rows of floats of 16 bits or rounded to them. A launch for each segment of the inputs; all but the last
 * leave what they come to in memory beside the arena. Refuses what {@code gemm.cuh} has no sizes for.
 */
public final class GemmFamily implements Family {
    static final Layout LAYOUT = Finish.append(
            new Layout("Gemm")
                    .pointers("a", "b", "multipliers", "correction", "scale", "bias", "rowScales", "earlier")
                    .s32("m", "n", "k", "pitch"),
            "finish");

    static final Map<String, Object> NO_FINISH = Map.of("THEN", 0, "SINKS", 1, "SINK_0", 0);

    private final TileChoice choice;
    private final Map<StoredLayers, Weights.Forms> forms = Collections.synchronizedMap(new WeakHashMap<>());

    public GemmFamily() {
        this(TileChoice.RULE);
    }

    public GemmFamily(TileChoice choice) {
        this.choice = choice;
    }

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Product product) || !isRows(product.op())) {
            return false;
        }
        Finish finish = Finish.of(product.then(), product.outputs());
        if (!finish.fits() || finish.perToken()) {
            return false;
        }
        boolean geGlu = isGeGlu(product);
        Weights weights =
                new Weights(product, geGlu, binder, forms.computeIfAbsent(binder.layers(), any -> new Weights.Forms()));
        if (countGeGlus(product) == 0 && FloatRows.takesWhole(product, finish, binder)) {
            FloatRows.planWhole(product, finish, weights, binder);
            return true;
        }
        if (!takes(product) || !finish.vectors(4) || !FloatRows.canReplaceFirst(product, finish)) {
            return false;
        }
        segments(product, finish, geGlu, weights, binder);
        FloatRows.planFirst(product, finish, weights, binder);
        return true;
    }

    private void segments(Product product, Finish finish, boolean geGlu, Weights weights, Binder binder) {
        int segments = product.inputs().size();
        long earlier = segments == 1
                ? 0
                : binder.scratch(
                        (long) Float.BYTES * finish.rows() * product.op().outputs());
        int from = 0;
        for (int i = 0; i < segments; i++) {
            int to = from + product.inputs().get(i).from().columns();
            View input = product.inputs().get(i).from();
            DType rounded = Rounding.of(product, input).orElse(null);
            Form form = product.integer()
                    ? weights.form(i)
                    : Form.floats(Finish.type(rounded == null ? input.value().type() : rounded));
            Arguments arguments = arguments(product, finish, i, form, binder);
            if (rounded != null) {
                arguments
                        .scratch("a", Rounding.launch(input, rounded, binder))
                        .s32("k", (long) Short.BYTES * input.columns())
                        .s32("pitch", (long) Short.BYTES * input.columns());
            }
            if (form.integer()) {
                arguments
                        .pointer("b", weights.integers(i))
                        .pointer("multipliers", weights.multipliers(i))
                        .pointer("correction", weights.corrections(i))
                        .pointer("scale", weights.scales(i));
            } else {
                arguments.pointer("b", weights.halves(i, from, to, form));
            }
            if (i == 0) {
                arguments.pointer("bias", weights.bias());
            } else {
                arguments.scratch("earlier", earlier);
            }
            boolean last = i == segments - 1;
            if (last) {
                finish.write(arguments, "finish", binder);
            } else {
                leave(arguments, earlier, product.op().outputs());
            }
            launch(
                    arguments,
                    form,
                    options(product.inputs().get(i), i > 0, geGlu && last),
                    last ? finish.defines() : NO_FINISH,
                    binder);
            from = to;
        }
    }

    /** Writes what segments so far come to, F32, in memory of this step. */
    static void leave(Arguments arguments, long scratch, int columns) {
        arguments
                .scratch("finish.sink[0].at", scratch)
                .s32("finish.sink[0].pitch", columns)
                .s32("finish.sink[0].columns", columns);
    }

    private static Arguments arguments(Product product, Finish finish, int segment, Form form, Binder binder) {
        Product.Operand input = product.inputs().get(segment);
        View from = input.from();
        int bytes = from.value().type().bytes();
        Arguments arguments = new Arguments(LAYOUT)
                .pointer("a", binder.address(from))
                .s32("m", finish.rows())
                .s32("n", product.op().outputs())
                .s32("k", (long) from.columns() * bytes)
                .s32("pitch", from.rowStride() * bytes);
        if (input instanceof Product.Levels levels) {
            levels.rowScales().ifPresent(scales -> arguments.pointer("rowScales", binder.address(scales)));
        }
        return arguments;
    }

    private static Map<String, Object> options(Product.Operand input, boolean earlier, boolean geGlu) {
        boolean rowScales =
                input instanceof Product.Levels levels && levels.rowScales().isPresent();
        return Map.of("ROW_SCALES", rowScales ? 1 : 0, "EARLIER", earlier ? 1 : 0, "GEGLU", geGlu ? 1 : 0);
    }

    private void launch(
            Arguments arguments, Form form, Map<String, Object> options, Map<String, Object> finish, Binder binder) {
        Size size = new Size(arguments.s32("m"), arguments.s32("n"), arguments.s32("k"));
        List<Tile> candidates = Tiles.ranked(size, form, binder.info());
        Tile tile = choice.choose(candidates, size, form, binder.info());
        Kernel kernel = kernel(tile, form, options, finish);
        binder.launch(
                kernel,
                tile.geometry(size, form, binder.info().clusters()),
                parameters(tile, form, arguments).toArray(Parameter[]::new));
    }

    /** Tensor maps first where a kernel copies by them. */
    static List<Parameter> parameters(Tile tile, Form form, Arguments arguments) {
        if (!tile.wgmma()) {
            return List.of(arguments);
        }
        int k = arguments.s32("k");
        TensorMap tokens = TensorMap.rows(
                arguments.pointer("a"), arguments.s32("m"), k, arguments.s32("pitch"), tile.tokens(), tile.depth());
        TensorMap weights = form.bits() == 4
                ? tokens
                : TensorMap.rows(arguments.pointer("b"), arguments.s32("n"), k, k, tile.outputs(), tile.depth());
        return List.of(tokens, weights, arguments);
    }

    static Kernel kernel(Tile tile, Form form, Map<String, Object> options, Map<String, Object> finish) {
        Map<String, Object> defines = new TreeMap<>(tile.defines());
        defines.putAll(form.defines());
        defines.putAll(options);
        defines.putAll(finish);
        Kernel kernel = tile.wgmma()
                ? new Kernel("gemm_wgmma.cu", "gemmWgmma", defines, LAYOUT)
                : new Kernel("gemm_mma.cu", "gemmMma", defines, LAYOUT);
        return tile.wgmma() ? kernel.specialized() : kernel;
    }

    private static boolean isGeGlu(Product product) {
        return !product.then().isEmpty() && product.then().get(0) instanceof Epilogue.GeGlu;
    }

    private static long countGeGlus(Product product) {
        return product.then().stream()
                .filter(epilogue -> epilogue instanceof Epilogue.GeGlu)
                .count();
    }

    private static boolean takes(Product product) {
        boolean geGlu = isGeGlu(product);
        return product.op().outputs() % (geGlu ? 8 : 4) == 0
                && countGeGlus(product) == (geGlu ? 1 : 0)
                && product.inputs().stream().allMatch(input -> takes(input, product));
    }

    private static boolean takes(Product.Operand input, Product product) {
        View from = input.from();
        DType type = from.value().type();
        boolean levels = input instanceof Product.Levels;
        boolean known = levels
                ? ((Product.Levels) input)
                        .rowScales()
                        .map(scales -> scales.isDense() && scales.value().type() == DType.F32)
                        .orElse(true)
                : type == DType.F16 || type == DType.BF16;
        if (Rounding.of(product, from).isPresent()) {
            return from.rows() == product.outputs().get(0).to().rows();
        }
        return known
                && levels == product.integer()
                && from.isMatrix()
                && from.rows() == product.outputs().get(0).to().rows()
                && (long) from.columns() * type.bytes() % Form.VECTOR == 0
                && from.rowStride() * type.bytes() % Form.VECTOR == 0
                && from.offset() * type.bytes() % Form.VECTOR == 0;
    }

    /** Whether a layer multiplies rows of its input and nothing else. */
    private static boolean isRows(Layer op) {
        return op instanceof Linear
                || op instanceof Conv2d conv
                        && conv.kernelHeight() == 1
                        && conv.kernelWidth() == 1
                        && conv.stride() == 1
                        && conv.padding().equals(Conv2d.Padding.same(0));
    }

    /** What may be launched from sm_80 on, wgmma apart: every value of each macro at least once. */
    public static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>(Variants.all());
        variants.removeAll(clusterVariants());
        variants.addAll(FloatRows.variants());
        variants.addAll(Rounding.variants());
        return variants;
    }

    /** Twins of all kernels, by entry. */
    public static Map<String, Twin> twins() {
        return Map.of(
                "gemmMma", new GemmTwin(),
                "gemmWgmma", new GemmTwin(),
                "floatRows", new FloatRowsTwin(),
                "roundToHalves", Rounding::twin);
    }

    /** What is launched besides where blocks form clusters: sm_90 and later. */
    public static List<Kernel> clusterVariants() {
        return Variants.all().stream()
                .filter(kernel -> kernel.number("SPLIT") > 1 && !kernel.specific())
                .toList();
    }
}
