package org.mixdq4j.cuda.plain;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Constants;
import org.mixdq4j.cuda.weights.TapOrder;

/** The layers of one product as {@code plain_product.cu} reads them. Weights are read where they are not on the device yet. */
final class PlainWeights {
    private record Key(String what, List<String> layers, int from, int to) {}

    private final Product step;
    private final Binder binder;
    private final List<Optional<LayerForm>> forms;
    private final boolean integers;
    private JoinedLayers joined;

    PlainWeights(Product step, Binder binder) {
        this.step = step;
        this.binder = binder;
        this.forms = step.layers().stream().map(binder.layers()::form).toList();
        // Floats are not rotated before they are multiplied: weights are rotated back in their place.
        this.integers = forms.stream()
                .allMatch(form -> form.isPresent()
                        && form.get().weightBits() > 0
                        && (step.integer() || form.get().rotation() == Rotation.NONE));
    }

    /** Whether the weights are bytes. */
    boolean integers() {
        return integers;
    }

    /** Whether a layer's inputs are rotated. */
    boolean rotated() {
        return forms.stream().anyMatch(form -> form.isPresent() && form.get().rotation() != Rotation.NONE);
    }

    /** Of weights that are none: as the checkpoint has them, if all are alike. */
    DType type() {
        List<DType> types = step.layers().stream()
                .map(id -> binder.layers().form(id).isPresent()
                        ? DType.F32
                        : binder.layers().source().dtype(id + ".weight"))
                .distinct()
                .toList();
        return types.size() == 1 && (types.get(0) == DType.F16 || types.get(0) == DType.BF16)
                ? types.get(0)
                : DType.F32;
    }

    /** Input channels at which a segment of a layer with integer weights begins. */
    SortedSet<Integer> cuts() {
        SortedSet<Integer> cuts = new TreeSet<>();
        forms.forEach(form -> form.filter(any -> integers)
                .ifPresent(layer -> layer.segments().forEach(part -> cuts.add(part.from()))));
        return cuts;
    }

    /** [outputs][taps][channels] of input channels {@code [from, to)}, all of one segment if they are integers. */
    long packed(int from, int to) {
        return constant(integers ? "weights by tap" : "floats by tap", from, to, () -> byTap(from, to));
    }

    /** The same as [taps][channels][outputs]. */
    long outputsLast(int from, int to) {
        int bytes = integers ? 1 : type().bytes();
        return constant(
                (integers ? "weights" : "floats") + " by tap, outputs last",
                from,
                to,
                () -> TapOrder.outputsLast(byTap(from, to), step.op().outputs(), bytes));
    }

    private ByteBuffer byTap(int from, int to) {
        if (!integers) {
            return TapOrder.floats(joined().floats(from, to), 0, to - from, type());
        }
        List<ByteBuffer> parts = segments(from).stream()
                .map(segment -> TapOrder.bytes(segment.weight(), from - segment.from(), to - segment.from()))
                .toList();
        ByteBuffer all = ByteBuffer.allocateDirect(
                parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(all::put);
        return all.flip();
    }

    /** From sums of a segment to real units; [outputs]. */
    long outputScales(int index) {
        return constant(
                "output scales", index, 0, () -> Constants.buffer(IntegerLayers.outputScales(joined().segment(index))));
    }

    /** Scales of the integers of the segment that channel {@code from} is of; [outputs]. */
    long weightScales(int from) {
        return constant("weight scales", from, 0, () -> {
            float[] all = new float[step.op().outputs()];
            int at = 0;
            for (Segment segment : segments(from)) {
                System.arraycopy(segment.weightScale(), 0, all, at, segment.weightScale().length);
                at += segment.weightScale().length;
            }
            return Constants.buffer(all);
        });
    }

    /** [outputs], or 0. */
    long bias() {
        if (!step.op().bias()) {
            return 0;
        }
        return constant("bias", 0, 0, () -> {
            float[] bias = joined().bias();
            return Constants.buffer(bias == null ? new float[step.op().outputs()] : bias);
        });
    }

    /** Whether floats are multiplied by factors before the product; they are part of weights that are no integers. */
    boolean factored() {
        return integers
                && forms.stream().anyMatch(form -> form.orElseThrow().factors().isPresent());
    }

    /** One row of factors a layer. */
    long factors() {
        float[] all = new float[forms.size() * step.op().inputs()];
        Arrays.fill(all, 1);
        for (int i = 0; i < forms.size(); i++) {
            int at = i * step.op().inputs();
            forms.get(i)
                    .orElseThrow()
                    .factors()
                    .ifPresent(factors -> System.arraycopy(factors, 0, all, at, factors.length));
        }
        return binder.floats(all);
    }

    /** Output to its layer's row of factors. */
    long factorsOf() {
        return constant("layer of output", 0, 0, () -> {
            int[] outputs = joined().outputs();
            int[] rows = new int[step.op().outputs()];
            int at = 0;
            for (int i = 0; i < outputs.length; i++) {
                Arrays.fill(rows, at, at + outputs[i], i);
                at += outputs[i];
            }
            return Constants.buffer(rows);
        });
    }

    /** Read once, as long as this is planned. */
    private JoinedLayers joined() {
        if (joined == null) {
            joined = new JoinedLayers(step.layers(), binder.layers());
        }
        return joined;
    }

    /** Of each layer the one that reads an input channel. */
    private List<Segment> segments(int channel) {
        return joined().forms().stream()
                .map(form -> segment(form.orElseThrow(), channel))
                .toList();
    }

    private static Segment segment(QuantizedLayer layer, int channel) {
        return layer.segments().stream()
                .filter(segment -> segment.from() <= channel && channel < segment.to())
                .findFirst()
                .orElseThrow();
    }

    private long constant(String what, int from, int to, Supplier<ByteBuffer> maker) {
        return binder.constant(new Key("plain " + what, step.layers(), from, to), maker);
    }
}
