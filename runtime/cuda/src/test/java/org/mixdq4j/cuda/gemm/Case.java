package org.mixdq4j.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.program.Families;

/** A product in the making: random inputs and weights that reach the ends of their ranges. */
final class Case {
    private final Random random;
    final int samples;
    final int tokens;
    final int outputs;
    final Map<Value, Tensor> inputs = new LinkedHashMap<>();
    final Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
    final Map<String, Tensor> weights = new LinkedHashMap<>();
    final List<Product.Operand> operands = new ArrayList<>();
    final List<Epilogue> then = new ArrayList<>();
    final List<Output> writes = new ArrayList<>();
    private final List<String> ids = new ArrayList<>();
    Optional<View> firstRow = Optional.empty();
    int width;
    int rotation = Rotation.NONE;

    /** @param outputs of all layers together */
    Case(int seed, int samples, int tokens, int outputs) {
        this.random = new Random(seed);
        this.samples = samples;
        this.tokens = tokens;
        this.outputs = outputs;
    }

    /** Levels of a segment, as columns of wider rows where {@code beside} is not 0. */
    Case levels(InputQuant params, int columns, int beside) {
        Value value = new Value("levels" + operands.size(), Shape.of(samples, tokens, columns + 2 * beside), DType.U8);
        Tensor tensor = Tensor.zeros(DType.U8, value.shape());
        byte[] bytes = new byte[tensor.buffer().capacity()];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            int choice = random.nextInt(10);
            int level = choice == 0 ? 0 : choice == 1 ? 255 : Byte.toUnsignedInt(bytes[i]);
            bytes[i] = (byte) Math.min(params.maxLevel(), level);
        }
        tensor.buffer().put(bytes);
        inputs.put(value, tensor);
        View view = View.of(value).slice(-1, beside, beside + columns);
        Optional<View> scales = Optional.empty();
        if (params instanceof TokenParams) {
            Value rows = new Value("scales" + operands.size(), Shape.of(samples, tokens, 1), DType.F32);
            Tensor random = floats(rows.shape(), .01f);
            for (int i = 0; i < samples * tokens; i++) {
                random.floats().put(i, Math.abs(random.floats().get(i)) + .001f);
            }
            inputs.put(rows, random);
            scales = Optional.of(View.of(rows));
        }
        operands.add(new Product.Levels(view, scales, new Quantizer(params, Optional.empty())));
        width += columns;
        return this;
    }

    /** Floats of a type as input. */
    Case floats(DType type, int columns, int beside) {
        Value value = new Value("floats" + operands.size(), Shape.of(samples, tokens, columns + 2 * beside), type);
        inputs.put(value, floats(value.shape(), 1).to(type));
        operands.add(new Product.Floats(View.of(value).slice(-1, beside, beside + columns)));
        width += columns;
        return this;
    }

    /** A layer of integers over all operands so far. @param group 0 for none */
    Case layer(String id, int outputs, int bits, int group, boolean bias) {
        return layer(id, outputs, bits, group, bias, Optional.empty());
    }

    Case layer(String id, int outputs, int bits, int group, boolean bias, Optional<float[]> factors) {
        List<Segment> segments = new ArrayList<>();
        int from = 0;
        for (Product.Operand operand : operands) {
            int columns = operand.from().columns();
            int groups = group == 0 ? 0 : (columns + group - 1) / group;
            byte[] multipliers = new byte[outputs * groups];
            for (int i = 0; i < multipliers.length; i++) {
                multipliers[i] = (byte) (1 + random.nextInt(WeightCode.maxMultiplier(bits)));
            }
            WeightCode code = new WeightCode(bits, group, multipliers);
            Tensor weight = Tensor.zeros(DType.I8, Shape.of(outputs, columns));
            for (int i = 0; i < outputs * columns; i++) {
                int extreme = random.nextInt(12);
                int limit = 1 << bits - 1;
                int q = extreme == 0 ? -limit : extreme == 1 ? limit - 1 : random.nextInt(2 * limit) - limit;
                weight.buffer().put(i, (byte) (q * code.multiplier(i / columns, i % columns, columns)));
            }
            float[] scales = new float[outputs];
            for (int i = 0; i < outputs; i++) {
                scales[i] = .001f + random.nextFloat() * .01f;
            }
            Optional<InputQuant> input = operand instanceof Product.Levels levels
                    ? Optional.of(levels.quantizer().params())
                    : Optional.empty();
            segments.add(new Segment(from, from + columns, weight, scales, code, input));
            from += columns;
        }
        Optional<Tensor> added = bias ? Optional.of(floats(Shape.of(outputs), 1)) : Optional.empty();
        layers.put(id, new QuantizedLayer(segments, added, firstRow.isPresent(), factors, rotation));
        ids.add(id);
        return this;
    }

    /** A layer in float whose weights halves hold exactly. */
    Case floatLayer(String id, int outputs, boolean bias) {
        Tensor weight = floats(Shape.of(outputs, width), .1f);
        weights.put(id + ".weight", weight.to(DType.BF16).to(DType.F32));
        if (bias) {
            weights.put(id + ".bias", floats(Shape.of(outputs), 1));
        }
        ids.add(id);
        return this;
    }

    Tensor floats(Shape shape, float size) {
        Tensor tensor = Tensor.zeros(DType.F32, shape);
        for (int i = 0; i < shape.elements(); i++) {
            tensor.floats().put(i, (float) random.nextGaussian() * size);
        }
        return tensor;
    }

    float[] factors(int count) {
        float[] factors = new float[count];
        for (int i = 0; i < count; i++) {
            factors[i] = .5f + random.nextFloat();
        }
        return factors;
    }

    /** An operand of an epilogue: a row a sample, or a value for each token. */
    View operand(String id, DType type, boolean row, int columns) {
        Value value = new Value(id, Shape.of(samples, row ? 1 : tokens, columns + 8), type);
        inputs.put(value, floats(value.shape(), 1).to(type));
        return View.of(value).slice(-1, 4, 4 + columns);
    }

    Case then(Epilogue epilogue) {
        then.add(epilogue);
        return this;
    }

    /** Writes columns {@code [from, from + columns)} as floats. */
    Case write(DType type, int from, int columns) {
        Value value = new Value("out" + writes.size(), Shape.of(samples, tokens, columns), type);
        writes.add(new Output.Floats(View.of(value), from));
        return this;
    }

    Case writeLevels(int columns, Optional<float[]> factors) {
        Value value = new Value("out" + writes.size(), Shape.of(samples, tokens, columns), DType.U8);
        Quantizer quantizer = new Quantizer(new AffineParams(2.7f, 119, 8), factors);
        writes.add(new Output.Levels(View.of(value), Optional.empty(), quantizer, 0));
        return this;
    }

    Product product() {
        boolean bias = ids.stream()
                .anyMatch(id ->
                        layers.containsKey(id) ? layers.get(id).bias().isPresent() : weights.containsKey(id + ".bias"));
        return new Product("product", ids, new Linear(width, outputs, bias), operands, firstRow, then, writes);
    }

    /** The same with tokens as pixels, as a convolution of one tap. */
    Product asImages(int height, int width) {
        List<Product.Operand> images = new ArrayList<>();
        for (Product.Operand operand : operands) {
            Product.Levels levels = (Product.Levels) operand;
            images.add(new Product.Levels(image(levels.from(), height, width), Optional.empty(), levels.quantizer()));
        }
        List<Output> outputs = writes.stream()
                .<Output>map(output -> new Output.Floats(image(output.to(), height, width), output.from()))
                .toList();
        Conv2d op = new Conv2d(
                this.width,
                this.outputs,
                1,
                1,
                1,
                Conv2d.Padding.same(0),
                product().op().bias());
        return new Product("product", ids, op, images, Optional.empty(), then, outputs);
    }

    private View image(View rows, int height, int width) {
        return rows.reshape(Shape.of(samples, height, width, rows.columns())).orElseThrow();
    }

    /** Whether the family plans it. */
    boolean isTaken() {
        try {
            run(OneStep.HOPPER);
            return true;
        } catch (IllegalStateException e) {
            assertThat(e).hasMessageStartingWith("there is no kernel");
            return false;
        }
    }

    OneStep run(DeviceInfo info) {
        return run(product(), info);
    }

    OneStep run(Product product, DeviceInfo info) {
        return OneStep.run(product, inputs, source(), layers, info, List.of(new GemmFamily()), Families.twins());
    }

    /** On any device. */
    OneStep run(Device device) {
        return run(device, TileChoice.RULE);
    }

    OneStep run(Device device, TileChoice choice) {
        return OneStep.run(product(), inputs, source(), layers, device, List.of(new GemmFamily(choice)));
    }

    WeightSource source() {
        return WeightSource.of(weights);
    }
}
