package org.mixdq4j.core.lower.weights;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;

/** Layers that are one product: the outputs of one after those of the other. Holds the weights while it is in use. */
public final class JoinedLayers {
    private final List<String> ids;
    private final LayerSource source;
    private final Map<Integer, Segment> segments = new HashMap<>();
    private List<Optional<QuantizedLayer>> forms;

    public JoinedLayers(List<String> ids, LayerSource source) {
        this.ids = ids;
        this.source = source;
    }

    /** As they are stored, read when they are first needed. */
    /** Each in its quantized form; empty for one in float. */
    public List<Optional<QuantizedLayer>> forms() {
        if (forms == null) {
            forms = ids.stream().map(source::quantized).toList();
        }
        return forms;
    }

    /** Segments of integer weights; 0 if a layer has a float weight, or not all are cut alike. */
    public int integerSegments() {
        int count = forms().get(0).map(form -> form.segments().size()).orElse(0);
        boolean alike = forms().stream()
                .allMatch(form -> form.isPresent()
                        && form.get().segments().get(0).integerWeight()
                        && form.get().segments().size() == count);
        return alike ? count : 0;
    }

    /** Integers of one segment, all outputs. */
    public Segment segment(int index) {
        return segments.computeIfAbsent(index, any -> {
            List<Segment> parts = forms().stream()
                    .map(form -> form.orElseThrow().segments().get(index))
                    .toList();
            return parts.size() == 1 ? parts.get(0) : join(parts);
        });
    }

    /** Whether one segment of plain 8-bit integers is all there is. */
    public boolean onePlainSegment() {
        return forms().stream()
                .allMatch(form -> form.isPresent()
                        && form.get().segments().size() == 1
                        && form.get().segments().get(0).integerWeight()
                        && form.get().readsAsIs());
    }

    /** One a output; null if no layer has one. */
    public float[] bias() {
        int[] outputs = outputs();
        float[] all = new float[Arrays.stream(outputs).sum()];
        boolean any = false;
        int at = 0;
        for (int i = 0; i < ids.size(); i++) {
            Optional<Tensor> bias =
                    forms().get(i).isPresent() ? forms().get(i).get().bias() : source.bias(ids.get(i));
            if (bias.isPresent()) {
                float[] values = bias.get().toF32().toFloatArray();
                System.arraycopy(values, 0, all, at, values.length);
                any = true;
            }
            at += outputs[i];
        }
        return any ? all : null;
    }

    /** Outputs of each layer. */
    public int[] outputs() {
        int[] outputs = new int[ids.size()];
        for (int i = 0; i < outputs.length; i++) {
            Optional<QuantizedLayer> form = forms().get(i);
            outputs[i] = form.isPresent()
                    ? form.get().segments().get(0).weight().shape().dim(0)
                    : source.outputs(ids.get(i));
        }
        return outputs;
    }

    /** Weights as floats [outputs, to - from, taps], of input channels {@code [from, to)}. Integers are dequantized. */
    public Tensor floats(int from, int to) {
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            Optional<QuantizedLayer> form = forms().get(i);
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
