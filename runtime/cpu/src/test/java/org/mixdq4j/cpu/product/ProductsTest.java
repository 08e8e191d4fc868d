package org.mixdq4j.cpu.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.lower.weights.LayerSource;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ReferenceConv2d;
import org.mixdq4j.core.quant.ReferenceLinear;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;
import org.mixdq4j.cpu.session.Workers;

/** Products against the plain definition: the levels that go in are the definition's, so sums must be its as well. */
class ProductsTest {
    private static final InputQuant STATIC = new AffineParams(0.031f, 117, 8);
    private static final InputQuant TOKEN = new TokenParams(8);

    private final Random random = new Random(5);
    private final Map<String, Long> places = new LinkedHashMap<>();
    private long end;

    private Value value(String id, Shape shape, DType type) {
        Value value = new Value(id, shape, type);
        places.put(id, end);
        end += (value.bytes() + 127) / 64 * 64;
        return value;
    }

    /** A linear layer. @param merged how many layers that read one input are one product */
    private record Rows(
            int rows,
            int inputs,
            int outputs,
            int merged,
            List<Integer> edges,
            InputQuant input,
            WeightQuant weight,
            boolean first) {}

    @TestFactory
    Stream<DynamicTest> linearsAreTheDefinition() {
        WeightQuant eight = new WeightQuant(8, 0);
        WeightQuant four = new WeightQuant(4, 0);
        WeightQuant groups = new WeightQuant(4, 64);
        return Stream.of(
                        new Rows(1, 5, 3, 1, List.of(0, 5), STATIC, eight, false),
                        new Rows(77, 130, 66, 1, List.of(0, 130), STATIC, eight, false),
                        new Rows(64, 320, 320, 3, List.of(0, 320), STATIC, eight, false),
                        new Rows(33, 96, 40, 1, List.of(0, 64, 96), STATIC, eight, false),
                        new Rows(77, 130, 66, 1, List.of(0, 130), TOKEN, eight, false),
                        new Rows(64, 320, 192, 3, List.of(0, 320), TOKEN, eight, false),
                        // Blocks of rows and outputs, with more segments than one.
                        new Rows(1100, 96, 200, 1, List.of(0, 40, 96), STATIC, eight, false),
                        new Rows(600, 130, 330, 1, List.of(0, 130), TOKEN, eight, false),
                        new Rows(9, 256, 256, 1, List.of(0, 256), STATIC, four, false),
                        new Rows(50, 640, 1280, 2, List.of(0, 640), STATIC, groups, false),
                        new Rows(50, 1280, 1920, 1, List.of(0, 1280), TOKEN, groups, false),
                        // Blocks of outputs whose last is smaller, sums over several segments.
                        new Rows(70, 1280, 650, 1, List.of(0, 640, 1280), STATIC, groups, false),
                        new Rows(3, 900, 700, 3, List.of(0, 900), TOKEN, four, false),
                        new Rows(20, 256, 128, 2, List.of(0, 256), STATIC, eight, true),
                        new Rows(20, 1280, 1600, 1, List.of(0, 1280), STATIC, groups, true),
                        new Rows(20, 640, 650, 1, List.of(0, 256, 640), STATIC, groups, true),
                        new Rows(20, 96, 48, 1, List.of(0, 40, 96), STATIC, eight, true),
                        new Rows(300, 200, 264, 1, List.of(0, 72, 200), STATIC, eight, true))
                .map(rows -> DynamicTest.dynamicTest(rows.toString(), () -> new ProductsTest().check(rows)));
    }

    private Segment segment(Tensor weight, int from, int to, WeightQuant quant, InputQuant input) {
        return SymmetricWeights.quantize(weight, from, to, quant, ScaleSearch.MAX_ABS)
                .segment(from, Optional.of(input));
    }

    private Tensor gaussian(Shape shape, double deviation) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return Tensor.of(shape, values);
    }

    private void check(Rows test) {
        int all = test.outputs * test.merged;
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (int i = 0; i < test.merged; i++) {
            Tensor weight = gaussian(Shape.of(test.outputs, test.inputs), 0.05);
            List<Segment> segments = new ArrayList<>();
            for (int s = 0; s + 1 < test.edges.size(); s++) {
                segments.add(segment(weight, test.edges.get(s), test.edges.get(s + 1), test.weight, test.input));
            }
            layers.put(
                    "layer" + i,
                    new QuantizedLayer(segments, Optional.of(gaussian(Shape.of(test.outputs), 0.1)), test.first));
        }
        float[] x = gaussian(Shape.of(test.rows, test.inputs), 1).toFloatArray();
        if (test.first) {
            for (int i = 0; i < test.inputs; i += 37) {
                x[i] *= 300;
            }
        }
        QuantizedLayer one = layers.get("layer0");
        List<Product.Operand> inputs = new ArrayList<>();
        for (Segment segment : one.segments()) {
            int width = segment.to() - segment.from();
            Value levels = value("levels" + segment.from(), Shape.of(1, test.rows, width), DType.U8);
            Optional<View> scales = segment.perToken()
                    ? Optional.of(View.of(value("scales" + segment.from(), Shape.of(1, test.rows, 1), DType.F32)))
                    : Optional.empty();
            inputs.add(new Product.Levels(View.of(levels), scales, new Quantizer(test.input, Optional.empty())));
        }
        Value floats = value("floats", Shape.of(1, test.rows, test.inputs), DType.F32);
        Value other = value("other", Shape.of(1, test.rows, all), DType.F32);
        Value row = value("row", Shape.of(1, 1, all), DType.F32);
        // An operand of the result's extents has to lie as the result does.
        int margin = test.first ? 4 : 0;
        int stride = all + 2 * margin;
        Value wide = value("wide", Shape.of(1, test.rows, stride), DType.F32);
        List<Epilogue> then = test.first
                ? List.of()
                : List.of(
                        new Epilogue.MulRow(View.of(row)),
                        new Epilogue.Add(View.of(other)),
                        new Epilogue.Apply(Activate.Function.SILU));
        Layer op = new Linear(test.inputs, all, true);
        Product step = new Product(
                "product",
                List.copyOf(layers.keySet()),
                op,
                inputs,
                test.first ? Optional.of(View.of(floats).slice(1, 0, 1)) : Optional.empty(),
                then,
                List.of(new Output.Floats(View.of(wide).slice(-1, margin, margin + all))));
        float[] otherValues = gaussian(Shape.of(test.rows * all), 1).toFloatArray();
        float[] rowValues = gaussian(Shape.of(all), 1).toFloatArray();
        try (Arena arena = new Arena(places, end)) {
            for (int s = 0; s < inputs.size(); s++) {
                Segment segment = one.segments().get(s);
                int[] levels = ReferenceLinear.levels(segment, x, test.rows);
                Product.Levels operand = (Product.Levels) inputs.get(s);
                for (int i = 0; i < levels.length; i++) {
                    arena.buffer(operand.from().value()).put(i, (byte) levels[i]);
                }
                float[] scales = ReferenceLinear.rowScales(segment, x, test.rows);
                operand.rowScales()
                        .ifPresent(view ->
                                arena.buffer(view.value()).asFloatBuffer().put(scales));
            }
            arena.buffer(floats).asFloatBuffer().put(x);
            arena.buffer(other).asFloatBuffer().put(otherValues);
            arena.buffer(row).asFloatBuffer().put(rowValues);
            float[] found = run(step, layers, arena, wide, 2);
            assertThat(run(step, layers, arena, wide, 1)).isEqualTo(found);
            assertThat(run(step, layers, arena, wide, 5)).isEqualTo(found);
            for (int layer = 0; layer < test.merged; layer++) {
                QuantizedLayer form = layers.get("layer" + layer);
                float[] bias = form.bias().get().toFloatArray();
                float[] wanted = ReferenceLinear.run(form.segments(), bias, x, test.rows);
                if (test.first) {
                    replaceFirst(wanted, form, bias, x);
                }
                for (int r = 0; r < test.rows; r++) {
                    for (int c = 0; c < test.outputs; c++) {
                        int column = layer * test.outputs + c;
                        double expected = wanted[r * test.outputs + c];
                        if (!test.first) {
                            expected = expected * rowValues[column] + otherValues[r * all + column];
                            expected /= 1 + Math.exp(-expected);
                        }
                        assertThat((double) found[r * stride + margin + column])
                                .as("row %d of layer %d, output %d", r, layer, c)
                                .isCloseTo(
                                        expected,
                                        org.assertj.core.data.Offset.offset(2e-5 * Math.max(1, Math.abs(expected))));
                    }
                    for (int c = 0; c < margin; c++) {
                        assertThat(found[r * stride + c]).isNaN();
                        assertThat(found[r * stride + margin + all + c]).isNaN();
                    }
                }
            }
        }
    }

    private static void replaceFirst(float[] wanted, QuantizedLayer form, float[] bias, float[] x) {
        for (int output = 0; output < bias.length; output++) {
            double sum = bias[output];
            for (Segment segment : form.segments()) {
                int width = segment.to() - segment.from();
                for (int i = 0; i < width; i++) {
                    sum += (double) x[segment.from() + i]
                            * segment.weight().buffer().get(output * width + i)
                            * segment.weightScale()[output];
                }
            }
            wanted[output] = (float) sum;
        }
    }

    /** Runs twice over a poisoned result. */
    private static float[] run(
            Product step, Map<String, QuantizedLayer> layers, Arena arena, Value result, int threads) {
        LayerSource source = new LayerSource() {
            @Override
            public Optional<QuantizedLayer> quantized(String id) {
                return Optional.of(layers.get(id));
            }

            @Override
            public int outputs(String id) {
                throw new AssertionError(id);
            }

            @Override
            public Tensor weight(String id) {
                throw new AssertionError(id);
            }

            @Override
            public Optional<Tensor> bias(String id) {
                throw new AssertionError(id);
            }
        };
        float[] poison = new float[(int) result.shape().elements()];
        Arrays.fill(poison, Float.NaN);
        try (LayerWeights weights = new LayerWeights(source);
                Workers workers = new Workers(threads);
                Scratch scratch = new Scratch(workers);
                Borders borders = new Borders();
                Task task = new Products(weights, arena, scratch, borders).create(step)) {
            scratch.allocate();
            ((ProductTask) task).implementations().forEach(name -> assertThat(name)
                    .doesNotStartWith("ref"));
            float[] found = new float[poison.length];
            for (int i = 0; i < 2; i++) {
                arena.buffer(result).asFloatBuffer().put(poison);
                task.run();
                arena.buffer(result).asFloatBuffer().get(found);
            }
            return found;
        }
    }

    /** A convolution. */
    private record Image(Conv2d op, int height, int width, List<Integer> edges, WeightQuant weight) {}

    @TestFactory
    Stream<DynamicTest> convolutionsAreTheDefinition() {
        WeightQuant groups = new WeightQuant(4, 32);
        WeightQuant eight = new WeightQuant(8, 0);
        Conv2d.Padding one = Conv2d.Padding.same(1);
        return Stream.of(
                        new Image(new Conv2d(32, 48, 3, 3, 1, one, true), 7, 9, List.of(0, 32), eight),
                        new Image(new Conv2d(320, 320, 3, 3, 1, one, true), 8, 8, List.of(0, 320), eight),
                        new Image(new Conv2d(64, 32, 3, 3, 2, one, true), 9, 8, List.of(0, 64), eight),
                        new Image(
                                new Conv2d(32, 32, 3, 3, 2, new Conv2d.Padding(0, 1, 0, 1), true),
                                8,
                                8,
                                List.of(0, 32),
                                eight),
                        new Image(new Conv2d(96, 64, 3, 3, 1, one, true), 6, 6, List.of(0, 64, 96), eight),
                        new Image(
                                new Conv2d(96, 64, 1, 1, 1, Conv2d.Padding.same(0), true),
                                6,
                                6,
                                List.of(0, 32, 96),
                                eight),
                        new Image(
                                new Conv2d(64, 128, 3, 3, 1, one, true), 6, 6, List.of(0, 64), new WeightQuant(4, 64)),
                        // Some channels at a time; all at once where the last ones lie otherwise, or are added to sums
                        // of segments.
                        new Image(new Conv2d(64, 584, 3, 3, 1, one, true), 6, 5, List.of(0, 64), groups),
                        new Image(new Conv2d(64, 512, 3, 3, 2, one, true), 7, 6, List.of(0, 64), groups),
                        new Image(new Conv2d(160, 584, 3, 3, 1, one, true), 4, 5, List.of(0, 64, 160), groups),
                        new Image(new Conv2d(5, 3, 3, 3, 1, one, true), 4, 4, List.of(0, 5), eight))
                .map(image -> DynamicTest.dynamicTest(image.toString(), () -> new ProductsTest().check(image)));
    }

    private void check(Image test) {
        Conv2d op = test.op;
        Tensor weight = gaussian(Shape.of(op.outputs(), op.inputs(), op.kernelHeight(), op.kernelWidth()), 0.05);
        List<Segment> segments = new ArrayList<>();
        for (int s = 0; s + 1 < test.edges.size(); s++) {
            segments.add(segment(weight, test.edges.get(s), test.edges.get(s + 1), test.weight, STATIC));
        }
        QuantizedLayer layer = new QuantizedLayer(segments, Optional.of(gaussian(Shape.of(op.outputs()), 0.1)), false);
        Shape shape = Shape.of(1, op.inputs(), test.height, test.width);
        float[] x = gaussian(shape, 1).toFloatArray();
        Shape planes = op.outputShape(List.of(shape));
        Shape stored = Shape.of(1, planes.dim(2), planes.dim(3), planes.dim(1));
        List<Product.Operand> inputs = new ArrayList<>();
        for (Segment segment : segments) {
            int width = segment.to() - segment.from();
            Value levels = value("levels" + segment.from(), Shape.of(1, test.height, test.width, width), DType.U8);
            inputs.add(new Product.Levels(View.of(levels), Optional.empty(), new Quantizer(STATIC, Optional.empty())));
        }
        Value other = value("other", stored, DType.F32);
        Value row = value("row", Shape.of(1, 1, 1, op.outputs()), DType.F32);
        Value result = value("result", stored, DType.F32);
        Product step = new Product(
                "conv",
                List.of("conv"),
                op,
                inputs,
                Optional.empty(),
                List.of(new Epilogue.AddRow(View.of(row)), new Epilogue.Add(View.of(other))),
                List.of(new Output.Floats(View.of(result))));
        float[] otherValues = gaussian(stored, 1).toFloatArray();
        float[] rowValues = gaussian(Shape.of(op.outputs()), 1).toFloatArray();
        try (Arena arena = new Arena(places, end)) {
            for (int s = 0; s < inputs.size(); s++) {
                int[] levels = ReferenceConv2d.levels(segments.get(s), x, shape);
                int plane = test.height * test.width;
                int width = levels.length / plane;
                for (int i = 0; i < levels.length; i++) {
                    arena.buffer(inputs.get(s).from().value()).put(i % plane * width + i / plane, (byte) levels[i]);
                }
            }
            arena.buffer(other).asFloatBuffer().put(otherValues);
            arena.buffer(row).asFloatBuffer().put(rowValues);
            float[] found = run(step, Map.of("conv", layer), arena, result, 2);
            float[] wanted =
                    ReferenceConv2d.run(op, segments, layer.bias().get().toFloatArray(), x, shape);
            int plane = planes.dim(2) * planes.dim(3);
            for (int i = 0; i < wanted.length; i++) {
                int at = i % plane * op.outputs() + i / plane;
                double expected = (double) wanted[i] + rowValues[i / plane] + otherValues[at];
                assertThat((double) found[at])
                        .isCloseTo(
                                expected, org.assertj.core.data.Offset.offset(1e-5 * Math.max(1, Math.abs(expected))));
            }
        }
    }
}
