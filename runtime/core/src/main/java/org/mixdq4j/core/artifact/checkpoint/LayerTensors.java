package org.mixdq4j.core.artifact.checkpoint;

import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.BIAS;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.INPUT_MULTIPLIER;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.INPUT_SCALE;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.INPUT_ZERO_POINT;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.WEIGHT;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.WEIGHT_SCALE;
import static org.mixdq4j.core.artifact.checkpoint.CheckpointFormat.WEIGHT_SHAPE;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * A quantized layer as named tensors: {@code .weight} I8 in the float weight's own shape (segments side by side along the
 * input axis) or packed ({@link PackedTensors}), {@code .weight_scale} F32 [segments, outputs], {@code .input_scale} F32 [segments],
 * {@code .input_zero_point} I32 [segments] but for inputs quantized token by token, {@code .input_multiplier} F32 [inputs]
 * where channels are balanced, and the bias in its float type.
 */
final class LayerTensors {
    private LayerTensors() {}

    static Map<String, Tensor> write(String id, QuantizedLayer layer) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        List<Segment> segments = layer.segments();
        if (segments.get(0).integerWeight() && segments.get(0).code().bits() < 8) {
            tensors.putAll(PackedTensors.write(id, segments));
        } else {
            tensors.put(
                    id + WEIGHT,
                    Axes.join(1, segments.stream().map(Segment::weight).toList()));
        }
        if (segments.get(0).integerWeight()) {
            int outputs = segments.get(0).weightScale().length;
            Tensor scales = Tensor.zeros(DType.F32, Shape.of(segments.size(), outputs));
            for (int i = 0; i < segments.size(); i++) {
                scales.floats().position(i * outputs).put(segments.get(i).weightScale());
            }
            tensors.put(id + WEIGHT_SCALE, scales);
        }
        layer.inputMultiplier()
                .ifPresent(factors -> tensors.put(id + INPUT_MULTIPLIER, Tensor.of(Shape.of(factors.length), factors)));
        if (segments.get(0).activation().isPresent() && !segments.get(0).perToken()) {
            Tensor scales = Tensor.zeros(DType.F32, Shape.of(segments.size()));
            Tensor zeroPoints = Tensor.zeros(DType.I32, Shape.of(segments.size()));
            for (int i = 0; i < segments.size(); i++) {
                AffineParams params = segments.get(i).fixed();
                scales.buffer().putFloat(4 * i, params.scale());
                zeroPoints.buffer().putInt(4 * i, params.zeroPoint());
            }
            tensors.put(id + INPUT_SCALE, scales);
            tensors.put(id + INPUT_ZERO_POINT, zeroPoints);
        }
        layer.bias().ifPresent(bias -> tensors.put(id + BIAS, bias));
        return tensors;
    }

    /** @throws MixdqException if the tensors do not fit what the configuration says of the layer */
    static QuantizedLayer read(String id, LayerQuant quant, WeightSource tensors) {
        PackedTensors packed = quant.weight()
                .filter(weight -> weight.bits() < 8 && tensors.contains(id + WEIGHT_SHAPE))
                .map(weight -> PackedTensors.read(id, weight, quant, tensors))
                .orElse(null);
        Tensor weight = packed == null ? tensors.tensor(id + WEIGHT) : packed.integers();
        require(weight.shape().rank() >= 2, id, "its weight is " + weight + ", which has no input axis");
        int outputs = weight.shape().dim(0);
        int inputs = weight.shape().dim(1);
        require(quant.weight().isEmpty() || weight.dtype() == DType.I8, id, "its weight is " + weight + ", not I8");
        List<Integer> edges = quant.edges(inputs);
        int count = edges.size() - 1;
        float[] scales =
                quant.weight().isPresent() ? floats(tensors, id + WEIGHT_SCALE, Shape.of(count, outputs)) : null;
        List<Optional<InputQuant>> activations = activations(id, quant, tensors, count);
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int from = edges.get(i);
            int to = edges.get(i + 1);
            require(
                    from < to && to <= inputs,
                    id,
                    "its split " + quant.split() + " does not part " + inputs + " input channels");
            float[] segmentScales = null;
            if (scales != null) {
                segmentScales = new float[outputs];
                System.arraycopy(scales, i * outputs, segmentScales, 0, outputs);
            }
            Tensor part = count == 1 ? weight : Axes.narrow(weight, 1, from, to);
            WeightCode code = scales == null
                    ? null
                    : packed == null ? WeightCode.plain(8) : packed.codes().get(i);
            segments.add(new Segment(from, to, part, segmentScales, code, activations.get(i)));
        }
        Optional<Tensor> bias = Optional.of(id + BIAS).filter(tensors::contains).map(tensors::tensor);
        return new QuantizedLayer(
                segments,
                bias,
                quant.bos(),
                multiplier(id, quant, tensors, inputs),
                rotation(id, quant, weight.shape()));
    }

    /** What {@link LayerForm#of} says of the layer that {@link #read} gives, without its weights. */
    static LayerForm form(String id, LayerQuant quant, WeightSource tensors) {
        Optional<WeightQuant> packed =
                quant.weight().filter(weight -> weight.bits() < 8 && tensors.contains(id + WEIGHT_SHAPE));
        Shape weight = packed.isPresent() ? PackedTensors.shape(id, tensors) : tensors.shape(id + WEIGHT);
        require(weight.rank() >= 2, id, "its weight has the shape " + weight + ", which has no input axis");
        List<Integer> edges = quant.edges(weight.dim(1));
        List<Optional<InputQuant>> activations = activations(id, quant, tensors, edges.size() - 1);
        List<LayerForm.Part> parts = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            require(
                    edges.get(i) < edges.get(i + 1),
                    id,
                    "its split " + quant.split() + " does not part " + weight.dim(1) + " input channels");
            parts.add(new LayerForm.Part(edges.get(i), edges.get(i + 1), activations.get(i)));
        }
        int bits = quant.weight().isEmpty() ? 0 : packed.map(WeightQuant::bits).orElse(8);
        return new LayerForm(
                parts, bits, quant.bos(), multiplier(id, quant, tensors, weight.dim(1)), rotation(id, quant, weight));
    }

    private static int rotation(String id, LayerQuant quant, Shape weight) {
        int size = quant.rotation();
        require(
                size == Rotation.NONE || weight.rank() == 2 && Rotation.fits(quant.edges(weight.dim(1)), size),
                id,
                "its input is rotated in runs of " + size + ", which do not fit a weight of the shape " + weight
                        + (quant.split().isEmpty() ? "" : " split at " + quant.split()));
        return size;
    }

    private static Optional<float[]> multiplier(String id, LayerQuant quant, WeightSource tensors, int inputs) {
        return quant.balanced()
                ? Optional.of(floats(tensors, id + INPUT_MULTIPLIER, Shape.of(inputs)))
                : Optional.empty();
    }

    private static List<Optional<InputQuant>> activations(
            String id, LayerQuant quant, WeightSource tensors, int count) {
        List<Optional<InputQuant>> params = new ArrayList<>();
        if (quant.activation().isEmpty() || quant.dynamic()) {
            Optional<InputQuant> same = quant.activation().map(activation -> new TokenParams(activation.bits()));
            return Collections.nCopies(count, same);
        }
        float[] scales = floats(tensors, id + INPUT_SCALE, Shape.of(count));
        long[] zeroPoints = integers(tensors, id + INPUT_ZERO_POINT);
        require(
                zeroPoints.length == count,
                id,
                "it has " + zeroPoints.length + " zero points for " + count + " segments");
        for (int i = 0; i < count; i++) {
            try {
                int bits = quant.activation().get().bits();
                params.add(Optional.of(new AffineParams(scales[i], Math.toIntExact(zeroPoints[i]), bits)));
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw damaged(id, e.getMessage());
            }
        }
        return params;
    }

    private static float[] floats(WeightSource tensors, String name, Shape shape) {
        require(tensors.shape(name).equals(shape), name, "it has shape " + tensors.shape(name) + ", not " + shape);
        require(tensors.dtype(name).isFloat(), name, "it is of type " + tensors.dtype(name));
        float[] values = tensors.tensor(name).toFloatArray();
        requirePositive(name, values);
        return values;
    }

    /** By itself: what loops over a million scales is compiled, and sentences for what is wrong take long to. */
    private static void requirePositive(String name, float[] values) {
        for (float value : values) {
            if (!(value > 0 && Float.isFinite(value))) {
                throw damaged(name, "it holds the scale " + value);
            }
        }
    }

    private static long[] integers(WeightSource tensors, String name) {
        require(tensors.dtype(name) == DType.I32, name, "it is of type " + tensors.dtype(name) + ", not I32");
        return tensors.tensor(name).toLongArray();
    }

    static void require(boolean holds, String id, String found) {
        if (!holds) {
            throw damaged(id, found);
        }
    }

    static MixdqException damaged(String id, String found) {
        return new MixdqException(
                "The quantized checkpoint is damaged at " + id + " (" + found + "); write it again with 'mixdq ptq'.");
    }
}
