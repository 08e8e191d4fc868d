package org.mixdq4j.cuda.plain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.finish.Finish;

/** {@code plain_product.cu}: products of every size, type and layout, but none whose output has a scale for each row. */
public final class PlainProducts implements Family {
    private static final int VECTOR = 4;
    /** Rows from which on it pays that threads share windows. */
    private static final int MANY_ROWS = 32;

    /** Input channels {@code [from, from + channels)} that lie together. */
    private record Part(View view, int first, int from, int channels) {}

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Product product)) {
            return false;
        }
        PlainWeights weights = new PlainWeights(product, binder);
        if (product.firstRow().isPresent() && weights.rotated()) {
            // Integers that are of rotated inputs are no weights of a row in float.
            return plan(withoutFirstRow(product), binder) && plan(firstRow(product), binder);
        }
        Finish finish = Finish.of(product.then(), product.outputs());
        List<Part> parts = parts(product, weights.cuts());
        if (!finish.fits() || finish.perToken() || parts.size() > PlainLayout.PARTS) {
            return false;
        }
        Arguments arguments = new Arguments(PlainLayout.LAYOUT);
        shape(product, arguments);
        boolean factored =
                weights.factored() && (!product.integer() || product.firstRow().isPresent());
        boolean geGlu = product.then().stream().anyMatch(Epilogue.GeGlu.class::isInstance);
        boolean small = parts.size() == 1
                && !factored
                && !geGlu
                && product.firstRow().isEmpty()
                && product.inputs().stream().noneMatch(PlainProducts::byRow)
                && finish.rows() >= MANY_ROWS
                && taps(product) * product.op().inputs() <= PlainLayout.SHORT_PRODUCTS;
        for (int i = 0; i < parts.size(); i++) {
            write(product, weights, parts.get(i), i, small, binder, arguments);
        }
        arguments.s32("parts", parts.size()).s32("rows", finish.rows()).pointer("bias", weights.bias());
        if (factored) {
            arguments.pointer("factors", weights.factors()).pointer("factorsOf", weights.factorsOf());
        }
        product.firstRow().ifPresent(row -> arguments
                .pointer("firstRow", binder.address(row))
                .s64("firstRowPitch", row.strides().get(0))
                .s32("firstRowType", Finish.type(row.value().type())));
        finish.write(arguments, "finish", binder);

        int columns = geGlu ? product.op().outputs() / 2 : product.op().outputs();
        arguments.s32("columns", columns);
        Map<String, Object> defines = new TreeMap<>(finish.defines());
        defines.put("INTEGER", product.integer() ? 1 : 0);
        defines.put("WEIGHTS", weights.integers() ? PlainLayout.BYTES : Finish.type(weights.type()));
        defines.put("VECTOR", vectors(product, parts) ? VECTOR : 1);
        defines.put("GEGLU", geGlu ? 1 : 0);
        defines.put("FIRST_ROW", product.firstRow().isPresent() ? 1 : 0);
        defines.put("FACTORS", factored ? 1 : 0);
        if (small) {
            defines.put("VECTOR", 1);
            binder.launch(shortKernel(defines), shortGeometry(finish.rows(), columns, binder), arguments);
            return true;
        }
        long blocks = (long) finish.rows() * ((columns + PlainLayout.COLUMNS - 1) / PlainLayout.COLUMNS);
        binder.launch(
                kernel(defines),
                new Geometry(
                        Math.toIntExact(blocks),
                        1,
                        1,
                        PlainLayout.THREADS,
                        0,
                        binder.info().clusters()),
                arguments);
        return true;
    }

    private static Product withoutFirstRow(Product product) {
        return new Product(
                product.id(),
                product.layers(),
                product.op(),
                product.inputs(),
                Optional.empty(),
                product.then(),
                product.outputs());
    }

    /** The first rows as a product of floats, written over those that were made of levels. */
    private static Product firstRow(Product product) {
        List<Output> outputs = product.outputs().stream()
                .<Output>map(output ->
                        new Output.Floats(((Output.Floats) output).to().slice(1, 0, 1), output.from()))
                .toList();
        return new Product(
                product.id(),
                product.layers(),
                product.op(),
                List.of(new Product.Floats(product.firstRow().orElseThrow())),
                Optional.empty(),
                product.then(),
                outputs);
    }

    private static int taps(Product product) {
        return product.op() instanceof Conv2d conv ? conv.kernelHeight() * conv.kernelWidth() : 1;
    }

    /** Whether rows of levels have scales of their own. */
    private static boolean byRow(Product.Operand operand) {
        return operand instanceof Product.Levels levels && levels.rowScales().isPresent();
    }

    private static Geometry shortGeometry(int rows, int columns, Binder binder) {
        int down = (rows + PlainLayout.SHORT_ROWS - 1) / PlainLayout.SHORT_ROWS;
        int across = (columns + PlainLayout.SHORT_COLUMNS - 1) / PlainLayout.SHORT_COLUMNS;
        return new Geometry(
                Math.multiplyExact(down, across),
                1,
                1,
                PlainLayout.SHORT_COLUMNS,
                0,
                binder.info().clusters());
    }

    private static Kernel shortKernel(Map<String, Object> defines) {
        return new Kernel("plain_product.cu", "shortProduct", defines, PlainLayout.LAYOUT);
    }

    private static Kernel kernel(Map<String, Object> defines) {
        return new Kernel("plain_product.cu", "plainProduct", defines, PlainLayout.LAYOUT);
    }

    /** What this family may launch: each value of each macro at least once. */
    public static List<Kernel> variants() {
        List<Kernel> variants = new ArrayList<>();
        for (int vector : new int[] {1, VECTOR}) {
            for (int firstRow : new int[] {0, 1}) {
                variants.add(kernel(options(1, PlainLayout.BYTES, vector, 0, firstRow, firstRow)));
            }
            for (int weights = 0; weights <= PlainLayout.BYTES; weights++) {
                variants.add(kernel(options(0, weights, vector, weights % 2, 0, weights == PlainLayout.BYTES ? 1 : 0)));
            }
        }
        for (int weights = 0; weights <= PlainLayout.BYTES; weights++) {
            variants.add(shortKernel(options(0, weights, 1, 0, 0, 0)));
        }
        variants.add(shortKernel(options(1, PlainLayout.BYTES, 1, 0, 0, 0)));
        return variants;
    }

    private static Map<String, Object> options(
            int integer, int weights, int vector, int geGlu, int firstRow, int factors) {
        Map<String, Object> defines = new TreeMap<>();
        defines.put("INTEGER", integer);
        defines.put("WEIGHTS", weights);
        defines.put("VECTOR", vector);
        defines.put("GEGLU", geGlu);
        defines.put("FIRST_ROW", firstRow);
        defines.put("FACTORS", factors);
        return defines;
    }

    /** Inputs cut where weights get other scales. */
    private static List<Part> parts(Product product, SortedSet<Integer> cuts) {
        List<Part> parts = new ArrayList<>();
        int first = 0;
        for (Product.Operand operand : product.inputs()) {
            View view = operand.from();
            SortedSet<Integer> edges = new TreeSet<>(cuts.subSet(first + 1, first + view.columns()));
            edges.add(first + view.columns());
            int from = first;
            for (int to : edges) {
                parts.add(new Part(view, from - first, from, to - from));
                from = to;
            }
            first += view.columns();
        }
        return parts;
    }

    private static void write(
            Product product,
            PlainWeights weights,
            Part part,
            int index,
            boolean small,
            Binder binder,
            Arguments arguments) {
        String name = PlainLayout.part(index);
        DType type = part.view.value().type();
        int end = part.from + part.channels;
        arguments
                .pointer(name + "input", binder.address(part.view) + (long) part.first * type.bytes())
                .pointer(name + "weight", small ? weights.outputsLast(part.from, end) : weights.packed(part.from, end))
                .s64(name + "pitch", part.view.rowStride())
                .s32(name + "channels", part.channels)
                .s32(name + "from", part.from);
        if (weights.integers() && (!product.integer() || product.firstRow().isPresent())) {
            arguments.pointer(name + "weightScale", weights.weightScales(part.from));
        }
        if (product.integer()) {
            // Inputs of integer products are cut as the layers are.
            Product.Levels levels = (Product.Levels) product.inputs().get(index);
            arguments
                    .pointer(name + "scale", weights.outputScales(index))
                    .s32(name + "zeroPoint", zeroPoint(levels.quantizer().params()));
            levels.rowScales().ifPresent(scales -> arguments.pointer(name + "rowScales", binder.address(scales)));
        } else {
            arguments.s32(name + "type", Finish.type(type));
        }
    }

    private static int zeroPoint(InputQuant quant) {
        return quant instanceof TokenParams token ? token.zeroPoint() : ((AffineParams) quant).zeroPoint();
    }

    private static void shape(Product product, Arguments arguments) {
        Shape in = product.inputs().get(0).from().shape();
        arguments
                .s32("outputs", product.op().outputs())
                .s32("channels", product.op().inputs())
                .s32("rowsEach", in.rank() > 2 ? in.dim(1) : 1);
        if (product.op() instanceof Conv2d conv) {
            Shape out = conv.outputShape(List.of(Shape.of(in.dim(0), conv.inputs(), in.dim(1), in.dim(2))));
            arguments
                    .s32("height", in.dim(1))
                    .s32("width", in.dim(2))
                    .s32("outHeight", out.dim(2))
                    .s32("outWidth", out.dim(3))
                    .s32("kernelHeight", conv.kernelHeight())
                    .s32("kernelWidth", conv.kernelWidth())
                    .s32("stride", conv.stride())
                    .s32("top", conv.padding().top())
                    .s32("left", conv.padding().left());
            return;
        }
        // A Linear is a convolution of one long line of pixels.
        long rows = product.inputs().get(0).from().rows();
        arguments
                .s32("height", 1)
                .s32("width", rows)
                .s32("outHeight", 1)
                .s32("outWidth", rows)
                .s32("kernelHeight", 1)
                .s32("kernelWidth", 1)
                .s32("stride", 1);
    }

    /** Whether channels can be read in fours. */
    private static boolean vectors(Product product, List<Part> parts) {
        return parts.stream()
                        .allMatch(part -> part.channels % VECTOR == 0
                                && (part.view.offset() + part.first) % VECTOR == 0
                                && part.view.rowStride() % VECTOR == 0)
                && product.firstRow()
                        .map(row -> row.offset() % VECTOR == 0 && row.strides().get(0) % VECTOR == 0)
                        .orElse(true);
    }
}
