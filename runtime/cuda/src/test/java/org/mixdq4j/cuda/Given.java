package org.mixdq4j.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.mixdq4j.core.lower.Value;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Output;
import org.mixdq4j.core.lower.step.Quantizer;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.program.Families;

/** What a step reads, made up: values with views of them, weights. */
public final class Given implements WeightSource {
    private final Map<Value, Tensor> inputs = new LinkedHashMap<>();
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final Random random;

    public Given(long seed) {
        random = new Random(seed);
    }

    public OneStep run(Step step, DeviceInfo info, Family... families) {
        return OneStep.run(step, inputs, this, Map.of(), info, List.of(families), Families.twins());
    }

    public OneStep run(Step step, Device device, Family... families) {
        return OneStep.run(step, inputs, this, Map.of(), device, List.of(families));
    }

    /** Random floats, dense. */
    public View floats(String id, DType type, int... dims) {
        return floatsAt(id, type, 0, dims[dims.length - 1], dims);
    }

    /** Random floats in rows {@code pitch} apart, the first at {@code offset}. */
    public View floatsAt(String id, DType type, int offset, int pitch, int... dims) {
        View view = placeAt(id, type, offset, pitch, dims);
        float[] values = new float[(int) view.value().shape().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        set(view, values);
        return view;
    }

    /** The elements of a view's whole value. */
    public void set(View view, float... values) {
        inputs.put(
                view.value(),
                Tensor.of(view.value().shape(), values).to(view.value().type()));
    }

    public float[] get(View view) {
        return inputs.get(view.value()).toFloatArray();
    }

    /** Random bits, as elements that are moved and not understood. */
    public View bits(String id, DType type, int... dims) {
        View view = View.of(new Value(id, Shape.of(dims), type));
        Tensor tensor = Tensor.zeros(type, view.shape());
        ByteBuffer buffer = tensor.buffer();
        while (buffer.hasRemaining()) {
            buffer.put((byte) random.nextInt());
        }
        inputs.put(view.value(), tensor);
        return view;
    }

    /** Integers from 0 to {@code end}, exclusive. */
    public View ids(String id, DType type, int end, int... dims) {
        View view = View.of(new Value(id, Shape.of(dims), type));
        Tensor tensor = Tensor.zeros(type, view.shape());
        for (int i = 0; i < view.shape().elements(); i++) {
            switch (type) {
                case I64 -> tensor.buffer().putLong(8 * i, random.nextInt(end));
                case I32 -> tensor.buffer().putInt(4 * i, random.nextInt(end));
                default -> tensor.buffer().put(i, (byte) random.nextInt(end));
            }
        }
        inputs.put(view.value(), tensor);
        return view;
    }

    /** Where something is written: rows {@code pitch} apart, the first at {@code offset}. */
    public static View placeAt(String id, DType type, int offset, int pitch, int... dims) {
        int rows = 1;
        List<Long> strides = new ArrayList<>(List.of(1L));
        for (int axis = dims.length - 2; axis >= 0; axis--) {
            strides.add((long) pitch * rows);
            rows *= dims[axis];
        }
        Collections.reverse(strides);
        int last = dims[dims.length - 1];
        boolean dense = offset == 0 && pitch == last;
        Shape stored = dense ? Shape.of(dims) : Shape.of(offset + (rows - 1) * pitch + last + 3);
        return new View(new Value(id, stored, type), Shape.of(dims), offset, strides);
    }

    public static View place(String id, DType type, int... dims) {
        return placeAt(id, type, 0, dims[dims.length - 1], dims);
    }

    /** An output of levels by one scale and zero point, 8 bits. */
    public static Output.Levels levels(View to, int from, float scale) {
        return new Output.Levels(
                to, Optional.empty(), new Quantizer(new AffineParams(scale, 117, 8), Optional.empty()), from);
    }

    /** An output of levels by each row's own magnitude. */
    public static Output.Levels tokens(View to, int from, int bits) {
        View scales = place(to.value().id() + " scales", DType.F32, Math.toIntExact(to.rows()));
        return new Output.Levels(to, Optional.of(scales), new Quantizer(new TokenParams(bits), Optional.empty()), from);
    }

    /** With a factor a column. */
    public Output.Levels factored(Output.Levels output) {
        float[] factors = new float[output.to().columns()];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = .5f + random.nextFloat();
        }
        Quantizer quantizer = new Quantizer(output.quantizer().params(), Optional.of(factors));
        return new Output.Levels(output.to(), output.rowScales(), quantizer, output.from());
    }

    /** Rotated in runs of so many columns. */
    public static Output.Levels rotated(Output.Levels output, int size) {
        Quantizer quantizer =
                new Quantizer(output.quantizer().params(), output.quantizer().factors(), size);
        return new Output.Levels(output.to(), output.rowScales(), quantizer, output.from());
    }

    /** A random stored vector or matrix. */
    public Given weight(String name, DType type, int... dims) {
        Tensor tensor = Tensor.zeros(DType.F32, Shape.of(dims));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.floats().put(i, (float) random.nextGaussian());
        }
        weights.put(name, tensor.to(type));
        return this;
    }

    @Override
    public Set<String> names() {
        return weights.keySet();
    }

    @Override
    public Tensor tensor(String name) {
        return weights.get(name);
    }

    @Override
    public DType dtype(String name) {
        return weights.get(name).dtype();
    }

    @Override
    public Shape shape(String name) {
        return weights.get(name).shape();
    }
}
