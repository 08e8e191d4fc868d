package org.mixdq4j.core.lower.weights;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Layers that are one product: the outputs of one after those of the other. Holds the weights while it is in use, those of
 * many large layers in part: all that read SDXL's text have more of them than the rest of what is held.
 */
public final class JoinedLayers {
    /** Weights that are held; what is over is read again when it is needed again. */
    private static final long HELD = 32L << 20;

    private final List<String> ids;
    private final LayerSource source;
    private final Map<Integer, Segment> segments = new HashMap<>();
    private final Map<Integer, Optional<QuantizedLayer>> forms = new HashMap<>();
    /** Of each layer. */
    private final Map<Integer, Integer> outputs = new HashMap<>();

    private long held;

    public JoinedLayers(List<String> ids, LayerSource source) {
        this.ids = ids;
        this.source = source;
    }

    /** How many there are. */
    public int count() {
        return ids.size();
    }

    /** A layer's quantized form; empty for one in float. Reads it if it is not held. */
    public Optional<QuantizedLayer> form(int index) {
        Optional<QuantizedLayer> known = forms.get(index);
        if (known != null) {
            return known;
        }
        Optional<QuantizedLayer> read = source.quantized(ids.get(index));
        long weights = read.stream()
                .flatMap(form -> form.segments().stream())
                .mapToLong(segment -> segment.weight().shape().elements())
                .sum();
        read.ifPresent(form ->
                outputs.put(index, form.segments().get(0).weight().shape().dim(0)));
        if (ids.size() == 1 || held + weights <= HELD) {
            forms.put(index, read);
            held += weights;
        }
        return read;
    }

    /** All of them at once. */
    public List<Optional<QuantizedLayer>> forms() {
        return each().toList();
    }

    private Stream<Optional<QuantizedLayer>> each() {
        return IntStream.range(0, ids.size()).mapToObj(this::form);
    }

    /** Integers of one segment, all outputs. */
    public Segment segment(int index) {
        return segments.computeIfAbsent(index, any -> {
            List<Segment> parts =
                    each().map(form -> form.orElseThrow().segments().get(index)).toList();
            return parts.size() == 1 ? parts.get(0) : join(parts);
        });
    }

    /** Integers of one segment, outputs {@code [from, to)}. Only layers that have some of them are read. */
    public Segment segment(int index, int from, int to) {
        if (ids.size() == 1 || segments.containsKey(index)) {
            return outputs(segment(index), from, to);
        }
        List<Segment> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < ids.size() && start < to; i++) {
            int end = start + outputs(i);
            if (end > from) {
                Segment whole = form(i).orElseThrow().segments().get(index);
                parts.add(outputs(whole, Math.max(from, start) - start, Math.min(to, end) - start));
            }
            start = end;
        }
        return parts.size() == 1 ? parts.get(0) : join(parts);
    }

    /** One an output; null if no layer has one. */
    public float[] bias() {
        return bias(
                IntStream.range(0, ids.size()).mapToObj(i -> bias(i, form(i))).toList());
    }

    /** The same of biases that are read. @param biases of each layer */
    public float[] bias(List<Optional<Tensor>> biases) {
        if (biases.stream().allMatch(Optional::isEmpty)) {
            return null;
        }
        int[] outputs = outputs();
        float[] all = new float[Arrays.stream(outputs).sum()];
        int at = 0;
        for (int i = 0; i < outputs.length; i++) {
            if (biases.get(i).isPresent()) {
                System.arraycopy(biases.get(i).get().toF32().toFloatArray(), 0, all, at, outputs[i]);
            }
            at += outputs[i];
        }
        return all;
    }

    /** The bias of a layer whose form is known. */
    public Optional<Tensor> bias(int index, Optional<QuantizedLayer> form) {
        return form.isPresent() ? form.get().bias() : source.bias(ids.get(index));
    }

    /** Outputs of each layer. */
    public int[] outputs() {
        return IntStream.range(0, ids.size()).map(this::outputs).toArray();
    }

    private int outputs(int index) {
        if (!outputs.containsKey(index) && form(index).isEmpty()) {
            outputs.put(index, source.outputs(ids.get(index)));
        }
        return outputs.get(index);
    }

    /**
     * What {@link #floats} gives, in the type that weights are stored in where all are in one and whole: who can read that need
     * not have it widened.
     */
    public Tensor storedFloats(int from, int to) {
        if (each().anyMatch(Optional::isPresent)) {
            return floats(from, to);
        }
        List<Tensor> parts = ids.stream().map(source::weight).toList();
        DType type = parts.get(0).dtype();
        boolean alike = parts.stream().allMatch(part -> part.dtype() == type);
        if (!alike || from > 0 || to < parts.get(0).shape().dim(1)) {
            return floats(from, to);
        }
        return parts.size() == 1 ? parts.get(0) : Tensor.stack(parts.toArray(Tensor[]::new));
    }

    /** Weights as floats [outputs, to - from, taps], of input channels {@code [from, to)}, F32. Integers are dequantized. */
    public Tensor floats(int from, int to) {
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            Optional<QuantizedLayer> form = form(i);
            Tensor whole = form.isPresent()
                    ? dequantized(form.get())
                    : source.weight(ids.get(i)).toF32();
            parts.add(channels(whole, from, to));
        }
        if (parts.size() == 1) {
            return parts.get(0);
        }
        return Tensor.stack(parts.toArray(Tensor[]::new));
    }

    private static Tensor channels(Tensor weight, int from, int to) {
        int inputs = weight.shape().dim(1);
        if (from == 0 && to == inputs) {
            return weight;
        }
        Tensor out = Tensor.zeros(DType.F32, weight.shape().with(1, to - from));
        int taps = (int) (weight.shape().elements() / weight.shape().dim(0) / inputs);
        int width = (to - from) * taps;
        for (int output = 0; output < weight.shape().dim(0); output++) {
            out.floats().put(output * width, weight.floats(), (output * inputs + from) * taps, width);
        }
        return out;
    }

    /** What the layer multiplies its input by: factors of input channels are part of it, and rotated weights rotated back. */
    private static Tensor dequantized(QuantizedLayer layer) {
        List<Segment> segments = layer.segments();
        int inputs = segments.get(segments.size() - 1).to();
        Tensor first = segments.get(0).weight();
        Tensor out = Tensor.zeros(DType.F32, first.shape().with(1, inputs));
        int taps = (int)
                (first.shape().elements() / first.shape().dim(0) / first.shape().dim(1));
        for (Segment segment : segments) {
            Tensor part = segment.integerWeight()
                    ? SymmetricWeights.dequantize(segment.weight(), segment.weightScale())
                    : segment.weight().toF32();
            part = Rotation.ofWeights(part, layer.rotation());
            int width = (segment.to() - segment.from()) * taps;
            for (int output = 0; output < first.shape().dim(0); output++) {
                int at = (output * inputs + segment.from()) * taps;
                for (int i = 0; i < width; i++) {
                    float factor = layer.inputMultiplier().isPresent()
                            ? layer.inputMultiplier().get()[segment.from() + i / taps]
                            : 1;
                    out.floats().put(at + i, part.floats().get(output * width + i) * factor);
                }
            }
        }
        return out;
    }

    private static Segment join(List<Segment> parts) {
        Segment first = parts.get(0);
        int outputs =
                parts.stream().mapToInt(part -> part.weight().shape().dim(0)).sum();
        Tensor weight = Tensor.stack(parts.stream().map(Segment::weight).toArray(Tensor[]::new));
        float[] scales = new float[outputs];
        ByteArrayOutputStream multipliers = new ByteArrayOutputStream();
        int at = 0;
        for (Segment part : parts) {
            System.arraycopy(part.weightScale(), 0, scales, at, part.weightScale().length);
            at += part.weightScale().length;
            multipliers.writeBytes(part.code().multipliers());
        }
        boolean alike = parts.stream()
                .map(Segment::code)
                .allMatch(code -> code.bits() == first.code().bits()
                        && code.group() == first.code().group());
        // Codes of several kinds have no common form but the integers they stand for.
        WeightCode code = alike
                ? new WeightCode(first.code().bits(), first.code().group(), multipliers.toByteArray())
                : WeightCode.plain(8);
        return new Segment(first.from(), first.to(), weight, scales, code, first.activation());
    }

    /** Outputs {@code [from, to)} of a segment. */
    public static Segment outputs(Segment segment, int from, int to) {
        int all = segment.weightScale().length;
        if (from == 0 && to == all) {
            return segment;
        }
        int groups = segment.code().multipliers().length / all;
        WeightCode code = new WeightCode(
                segment.code().bits(),
                segment.code().group(),
                Arrays.copyOfRange(segment.code().multipliers(), from * groups, to * groups));
        return new Segment(
                segment.from(),
                segment.to(),
                segment.weight().slice(from, to),
                Arrays.copyOfRange(segment.weightScale(), from, to),
                code,
                segment.activation());
    }
}
