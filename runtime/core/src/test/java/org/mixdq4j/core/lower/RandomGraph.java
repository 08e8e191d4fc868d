package org.mixdq4j.core.lower;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** A network nobody would build, of the pieces that networks are built of, in any order. */
final class RandomGraph implements WeightSource {
    private static final int STEPS = 25;

    private final Random random;
    private final GraphBuilder builder = new GraphBuilder("Random");
    private final List<Value> images = new ArrayList<>();
    private final List<Value> tokens = new ArrayList<>();
    private final Value row;
    private final Graph graph;
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private int count;

    RandomGraph(long seed) {
        random = new Random(seed);
        int batch = 1 + random.nextInt(2);
        images.add(builder.input("sample", DType.F32, Shape.of(batch, 4, 5, 4)));
        tokens.add(builder.input("encoder_hidden_states", DType.F32, Shape.of(batch, 6, 8)));
        row = builder.input("text_embeds", DType.F32, Shape.of(batch, 8));
        for (int i = 0; i < STEPS; i++) {
            if (random.nextInt(5) < 3) {
                image();
            } else {
                tokens();
            }
        }
        // All that was made is read, by way of its mean over one conv or linear to a common width.
        Value sum = null;
        for (Value value : images.subList(1, images.size())) {
            sum = join(sum, linear(flat(value), 3));
        }
        for (Value value : tokens.subList(1, tokens.size())) {
            sum = join(sum, linear(value, 3));
        }
        Value all = join(join(sum, linear(flat(images.get(0)), 3)), linear(tokens.get(0), 3));
        Value extended = join(all, add(new Reshape(Shape.of(batch, 1, 3)), linear(row, 3)));
        builder.output("out", extended);
        builder.output("image", images.get(images.size() - 1));
        graph = builder.build();
        graph.parameters().forEach((name, shape) -> weights.put(name, random(shape, 0.5f)));
    }

    Graph graph() {
        return graph;
    }

    WeightSource weights() {
        return this;
    }

    Map<String, Tensor> inputs() {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        graph.inputs().forEach((name, input) -> inputs.put(name, random(input.shape(), 2)));
        return inputs;
    }

    private Value add(Op op, Value... from) {
        return builder.add("n" + count++, op, from);
    }

    private Value join(Value a, Value b) {
        return a == null ? b : add(new Concat(1), a, b);
    }

    private Value linear(Value x, int outputs) {
        return add(new Linear(x.shape().dim(-1), outputs, random.nextBoolean()), x);
    }

    private Value pick(List<Value> values) {
        return values.get(Math.max(0, values.size() - 1 - random.nextInt(4)));
    }

    private Value flat(Value image) {
        Shape shape = image.shape();
        Value last = add(Transpose.of(0, 2, 3, 1), image);
        return add(new Reshape(Shape.of(shape.dim(0), shape.dim(2) * shape.dim(3), shape.dim(1))), last);
    }

    private void image() {
        Value x = pick(images);
        Shape shape = x.shape();
        int channels = shape.dim(1);
        switch (random.nextInt(9)) {
            case 0, 1 -> images.add(conv(x, 4 + 2 * random.nextInt(3), 3));
            case 2 -> images.add(conv(x, 6, 1));
            case 3 -> images.add(add(new Activate(Activate.Function.SILU), norm(x)));
            case 4 -> like(images, x).ifPresent(y -> images.add(add(new Add(), x, y)));
            case 5 -> {
                Value shift = add(new Reshape(Shape.of(shape.dim(0), channels, 1, 1)), linear(row, channels));
                images.add(
                        random.nextBoolean() ? add(new Add(), conv(x, channels, 3), shift) : add(new Mul(), x, shift));
            }
            case 6 -> images.stream()
                    .filter(y -> y.shape().dim(2) == shape.dim(2) && y.shape().dim(3) == shape.dim(3))
                    .findFirst()
                    .ifPresent(y -> {
                        Value joined = add(new Concat(1), x, y);
                        Value made = conv(joined, channels, 1 + 2 * random.nextInt(2));
                        images.add(random.nextBoolean() ? add(new Add(), conv(norm(joined), channels, 3), made) : made);
                    });
            case 7 -> {
                if (shape.dim(2) <= 10) {
                    int height = shape.dim(2) * 2 - random.nextInt(2);
                    images.add(conv(add(new UpsampleNearest(height, 2 * shape.dim(3)), x), channels, 3));
                }
            }
            default -> {
                Value mixed = attention(flat(norm(x)), flat(x));
                Value out = linear(mixed, channels);
                Value rows = add(new Reshape(Shape.of(shape.dim(0), shape.dim(2), shape.dim(3), channels)), out);
                images.add(add(new Add(), add(Transpose.of(0, 3, 1, 2), rows), x));
            }
        }
    }

    private void tokens() {
        Value x = pick(tokens);
        Shape shape = x.shape();
        int features = shape.dim(2);
        switch (random.nextInt(8)) {
            case 0 -> tokens.add(attention(x, x));
            case 1 -> tokens.add(attention(flat(pick(images)), x));
            case 2 -> tokens.add(linear(add(new GeGlu(), linear(x, 16)), 8));
            case 3 -> tokens.add(add(new LayerNorm(features, 1e-5, true), x));
            case 4 -> modulated(x);
            case 5 -> like(tokens, x)
                    .ifPresent(y -> tokens.add(add(new Mul(), x, add(new Activate(Activate.Function.GELU), y))));
            case 6 -> joint(x);
            default -> {
                Value heads = add(new Reshape(Shape.of(shape.dim(0), shape.dim(1), 2, features / 2)), x);
                tokens.add(add(new Reshape(shape), add(new RmsNorm(features / 2, 1e-6), heads)));
            }
        }
    }

    private void modulated(Value x) {
        int features = x.shape().dim(2);
        Value rows = add(new Reshape(Shape.of(x.shape().dim(0), 2, features)), linear(row, 2 * features));
        Value scale = add(new Slice(1, 0, 1), rows);
        Value shift = add(new Slice(1, 1, 2), rows);
        Value normal = add(new LayerNorm(features, 1e-6, false), x);
        Value scaled = add(new Mul(), normal, scale);
        Value sum = random.nextBoolean() ? add(new Add(), normal, scaled) : add(new Add(), scaled, normal);
        tokens.add(linear(add(new Add(), sum, shift), features));
    }

    /** Attention of two sequences as one. */
    private void joint(Value x) {
        Value y = pick(tokens);
        List<Value> parts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            parts.add(add(new Concat(1), linear(x, 8), linear(y, 8)));
        }
        Value mixed = add(new Attention(2, 0.5, false), parts.toArray(Value[]::new));
        int length = x.shape().dim(1);
        tokens.add(linear(add(new Slice(1, 0, length), mixed), 8));
        tokens.add(linear(add(new Slice(1, length, mixed.shape().dim(1)), mixed), 8));
    }

    private Value attention(Value x, Value context) {
        return add(new Attention(2, 0.5, false), linear(x, 8), linear(context, 8), linear(context, 8));
    }

    private Optional<Value> like(List<Value> values, Value x) {
        return values.stream().filter(y -> y.shape().equals(x.shape())).findFirst();
    }

    private Value norm(Value x) {
        return add(new GroupNorm(2, x.shape().dim(1), 1e-5), x);
    }

    private Value conv(Value x, int outputs, int kernel) {
        return add(new Conv2d(x.shape().dim(1), outputs, kernel, kernel, 1, Conv2d.Padding.same(kernel / 2), true), x);
    }

    private Tensor random(Shape shape, float width) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextFloat() * 2 - 1) * width;
        }
        return Tensor.of(shape, values);
    }

    @Override
    public Set<String> names() {
        return weights.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        if (!weights.containsKey(name)) {
            throw new MixdqException("there is no tensor '" + name + "' in memory");
        }
        return weights.get(name);
    }

    @Override
    public DType dtype(String name) {
        return tensor(name).dtype();
    }

    @Override
    public Shape shape(String name) {
        return tensor(name).shape();
    }
}
