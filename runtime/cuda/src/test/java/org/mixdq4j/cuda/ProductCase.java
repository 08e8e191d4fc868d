package org.mixdq4j.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.mixdq4j.conformance.support.MemoryWeights;
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
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.Twin;

/** A product of random weights and inputs, built piece by piece. */
public final class ProductCase {
    private final Random random;
    private final Layer op;
    private final Shape in;
    private final Map<Value, Tensor> inputs = new LinkedHashMap<>();
    private final MemoryWeights weights = new MemoryWeights();
    private final Map<String, QuantizedLayer> layers = new HashMap<>();
    private final List<Product.Operand> operands = new ArrayList<>();
    private final List<Epilogue> then = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private List<String> ids = List.of("layer");
    private List<Integer> cuts = List.of();
    private List<Integer> zeroPoints = List.of(128, 37, 0, 255);
    private Optional<View> firstRow = Optional.empty();
    private boolean extremes;
    private boolean factors;
    private int codeBits = 8;
    private int group;
    /** Columns beside those that are read or written. */
    private int beside;

    /** @param in of the input, features or channels last */
    public ProductCase(Layer op, Shape in, long seed) {
        this.op = op;
        this.in = in;
        this.random = new Random(seed);
    }

    /** Input channels at which a segment of its own begins. */
    public ProductCase cut(Integer... at) {
        cuts = List.of(at);
        return this;
    }

    public ProductCase zeroPoints(Integer... each) {
        zeroPoints = List.of(each);
        return this;
    }

    /** Levels 0 and 255, weights -128 and 127. */
    public ProductCase extremes() {
        extremes = true;
        return this;
    }

    /** Weights are codes of so many bits. */
    public ProductCase codes(int bits) {
        codeBits = bits;
        return this;
    }

    /** Codes share multipliers in groups of so many. */
    public ProductCase grouped(int count) {
        group = count;
        return this;
    }

    /** Views are columns of wider values. */
    public ProductCase beside(int columns) {
        beside = columns;
        return this;
    }

    public ProductCase factors() {
        factors = true;
        return this;
    }

    /** Several layers side by side, of equal size. */
    public ProductCase layers(int count) {
        ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add("layer" + i);
        }
        return this;
    }

    /** Bytes times bytes. */
    public ProductCase levels() {
        List<Integer> edges = edges();
        List<Optional<InputQuant>> quants = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            int zeroPoint = zeroPoints.get(i % zeroPoints.size());
            InputQuant quant = new AffineParams(0.01f + 0.02f * random.nextFloat(), zeroPoint, 8);
            quants.add(Optional.of(quant));
            View view = view("levels" + i, in.with(-1, edges.get(i + 1) - edges.get(i)), DType.U8);
            operands.add(new Product.Levels(view, Optional.empty(), new Quantizer(quant, Optional.empty())));
        }
        quantized(quants);
        return this;
    }

    /** Bytes with a scale for each row. */
    public ProductCase tokens() {
        InputQuant quant = new TokenParams(8);
        Value scales = new Value("scales", Shape.of((int) (in.elements() / in.dim(-1))), DType.F32);
        inputs.put(scales, MemoryWeights.random(scales.shape(), random));
        Optional<float[]> factor = factors ? Optional.of(factorsOf()) : Optional.empty();
        operands.add(new Product.Levels(
                view("levels", in, DType.U8), Optional.of(View.of(scales)), new Quantizer(quant, factor)));
        quantized(List.of(Optional.of(quant)));
        return this;
    }

    /** The first row of each sample in float. */
    public ProductCase firstRow(DType type) {
        firstRow = Optional.of(view("tokens", in, type).slice(1, 0, 1));
        return this;
    }

    /** Floats times integer weights. */
    public ProductCase weightOnly(DType... types) {
        floatInputs(types);
        List<Optional<InputQuant>> none = new ArrayList<>();
        edges().stream().skip(1).forEach(edge -> none.add(Optional.empty()));
        quantized(none);
        return this;
    }

    /** Floats times floats. @param stored of the weights */
    public ProductCase floats(DType stored, DType... types) {
        floatInputs(types);
        for (String id : ids) {
            Shape shape = weightShape(op.inputs());
            float spread = (float) (1 / Math.sqrt(shape.elements() / (double) shape.dim(0)));
            Tensor weight = MemoryWeights.random(shape, random);
            for (int i = 0; i < shape.elements(); i++) {
                weight.floats().put(i, weight.floats().get(i) * spread);
            }
            weights.put(id + ".weight", weight.to(stored));
            if (op.bias() && !id.equals("layer1")) {
                weights.put(id + ".bias", MemoryWeights.random(Shape.of(shape.dim(0)), random));
            }
        }
        return this;
    }

    private void floatInputs(DType... types) {
        int width = op.inputs() / types.length;
        for (int i = 0; i < types.length; i++) {
            int columns = i + 1 < types.length ? width : op.inputs() - i * width;
            operands.add(new Product.Floats(view("x" + i, in.with(-1, columns), types[i])));
        }
    }

    private List<Integer> edges() {
        List<Integer> edges = new ArrayList<>(List.of(0));
        edges.addAll(cuts);
        edges.add(op.inputs());
        return edges;
    }

    private float[] factorsOf() {
        float[] all = new float[op.inputs()];
        for (int i = 0; i < all.length; i++) {
            all[i] = 0.5f + random.nextFloat();
        }
        return all;
    }

    private void quantized(List<Optional<InputQuant>> quants) {
        for (String id : ids) {
            List<Segment> segments = new ArrayList<>();
            for (int i = 0; i < quants.size(); i++) {
                int from = edges().get(i);
                int to = edges().get(i + 1);
                Tensor integers = integers(weightShape(to - from));
                float[] scales = new float[op.outputs() / ids.size()];
                for (int c = 0; c < scales.length; c++) {
                    scales[c] = (0.5f + random.nextFloat()) * 0.0005f;
                }
                segments.add(new Segment(from, to, integers, scales, code(integers), quants.get(i)));
            }
            // One of several has none.
            Optional<Tensor> bias = op.bias() && !id.equals("layer1")
                    ? Optional.of(MemoryWeights.random(Shape.of(op.outputs() / ids.size()), random))
                    : Optional.empty();
            Optional<float[]> factor = factors ? Optional.of(factorsOf()) : Optional.empty();
            layers.put(id, new QuantizedLayer(segments, bias, firstRow.isPresent(), factor));
        }
    }

    /** Multiplies what is given in groups. */
    private WeightCode code(Tensor codes) {
        if (group == 0) {
            return WeightCode.plain(codeBits);
        }
        int outputs = codes.shape().dim(0);
        int width = (int) codes.shape().elements() / outputs;
        byte[] multipliers = new byte[outputs * ((width + group - 1) / group)];
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = (byte) (1 + random.nextInt(WeightCode.maxMultiplier(codeBits)));
        }
        WeightCode code = new WeightCode(codeBits, group, multipliers);
        for (int i = 0; i < outputs * width; i++) {
            int multiplier = code.multiplier(i / width, i % width, width);
            codes.buffer().put(i, (byte) (codes.buffer().get(i) * multiplier));
        }
        return code;
    }

    private Tensor integers(Shape shape) {
        Tensor tensor = Tensor.zeros(DType.I8, shape);
        int half = 1 << codeBits - 1;
        for (int i = 0; i < shape.elements(); i++) {
            int value = random.nextInt(2 * half) - half;
            tensor.buffer().put(i, (byte) (extremes ? (value < 0 ? -half : half - 1) : value));
        }
        return tensor;
    }

    private Shape weightShape(int channels) {
        int each = op.outputs() / ids.size();
        return op instanceof Conv2d conv
                ? Shape.of(each, channels, conv.kernelHeight(), conv.kernelWidth())
                : Shape.of(each, channels);
    }

    /** Shape of the result. */
    public Shape out() {
        int columns = then.contains(new Epilogue.GeGlu()) ? op.outputs() / 2 : op.outputs();
        if (op instanceof Linear) {
            return in.with(-1, columns);
        }
        Conv2d conv = (Conv2d) op;
        Shape image = conv.outputShape(List.of(Shape.of(in.dim(0), conv.inputs(), in.dim(1), in.dim(2))));
        return Shape.of(image.dim(0), image.dim(2), image.dim(3), columns);
    }

    public ProductCase geGlu() {
        then.add(new Epilogue.GeGlu());
        return this;
    }

    public ProductCase add(DType type) {
        then.add(new Epilogue.Add(view("added" + then.size(), out(), type)));
        return this;
    }

    public ProductCase mul(DType type) {
        then.add(new Epilogue.Mul(view("gate" + then.size(), out(), type)));
        return this;
    }

    public ProductCase addRow(DType type) {
        then.add(new Epilogue.AddRow(view("row" + then.size(), oneRow(), type)));
        return this;
    }

    public ProductCase mulRow(DType type) {
        then.add(new Epilogue.MulRow(view("factor" + then.size(), oneRow(), type)));
        return this;
    }

    public ProductCase apply(Activate.Function function) {
        then.add(new Epilogue.Apply(function));
        return this;
    }

    private Shape oneRow() {
        int[] dims = out().toArray();
        for (int i = 1; i < dims.length - 1; i++) {
            dims[i] = 1;
        }
        return Shape.of(dims);
    }

    /** Written as floats, called "out", "out1", ... */
    public ProductCase to(DType type) {
        outputs.add(new Output.Floats(wide("out" + (outputs.isEmpty() ? "" : outputs.size()), out(), type)));
        return this;
    }

    /** Some columns written as floats. */
    public ProductCase to(DType type, int from, int columns) {
        outputs.add(new Output.Floats(
                wide("out" + (outputs.isEmpty() ? "" : outputs.size()), out().with(-1, columns), type), from));
        return this;
    }

    /** Written over the operand that is added last. */
    public ProductCase inPlace() {
        Epilogue.Add add = (Epilogue.Add) then.get(then.size() - 1);
        outputs.add(new Output.Floats(add.other()));
        return this;
    }

    public ProductCase toLevels(int zeroPoint, int bits) {
        Quantizer quantizer = new Quantizer(new AffineParams(0.037f, zeroPoint, bits), Optional.empty());
        View to = wide("out" + (outputs.isEmpty() ? "" : outputs.size()), out(), DType.U8);
        outputs.add(new Output.Levels(to, Optional.empty(), quantizer, 0));
        return this;
    }

    private View wide(String id, Shape shape, DType type) {
        int columns = shape.dim(-1);
        View all = View.of(new Value(id, shape.with(-1, columns + beside), type));
        return all.slice(-1, beside, columns + beside);
    }

    /** A view of random content. */
    private View view(String id, Shape shape, DType type) {
        View view = wide(id, shape, type);
        Value value = view.value();
        Tensor tensor = Tensor.zeros(type, value.shape());
        if (type == DType.U8) {
            for (int i = 0; i < value.shape().elements(); i++) {
                int level = random.nextInt(256);
                tensor.buffer().put(i, (byte) (extremes ? (level < 128 ? 0 : 255) : level));
            }
        } else {
            tensor = MemoryWeights.random(value.shape(), random).to(type);
        }
        inputs.put(value, tensor);
        return view;
    }

    public Product step() {
        return new Product("step", ids, op, operands, firstRow, then, outputs);
    }

    public OneStep run(DeviceInfo info, Family family, Map<String, Twin> twins) {
        return OneStep.run(step(), inputs, weights, layers, info, List.of(family), twins);
    }

    public Map<Value, Tensor> inputs() {
        return inputs;
    }

    public MemoryWeights weights() {
        return weights;
    }

    public Map<String, QuantizedLayer> quantized() {
        return layers;
    }
}
