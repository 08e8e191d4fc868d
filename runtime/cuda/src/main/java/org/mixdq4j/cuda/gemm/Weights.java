package org.mixdq4j.cuda.gemm;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.bind.Binder;

/** Addresses of a product's weights on the device. What is there from an earlier plan is not read again. */
final class Weights {
    /** Tells one thing that was packed from all others. */
    private record Key(String what, List<String> layers, int segment, Form form, boolean geGlu) {}

    /** A segment of layers that are one product. */
    private record Part(List<String> layers, int segment) {}

    /** How integers of one network's layers are packed, without reading them again. */
    static final class Forms {
        private final Map<Part, Form> known = new ConcurrentHashMap<>();
    }

    private final Product product;
    private final boolean geGlu;
    private final Binder binder;
    private final Forms forms;
    private final int[] order;
    private final List<Segment> segments = new ArrayList<>();
    private JoinedLayers joined;

    Weights(Product product, boolean geGlu, Binder binder, Forms forms) {
        this.product = product;
        this.geGlu = geGlu;
        this.binder = binder;
        this.forms = forms;
        int outputs = product.op().outputs();
        this.order = geGlu ? Packing.geGlu(outputs) : Packing.plain(outputs);
    }

    private JoinedLayers joined() {
        if (joined == null) {
            joined = new JoinedLayers(product.layers(), binder.layers());
        }
        return joined;
    }

    private Segment segment(int index) {
        while (segments.size() <= index) {
            segments.add(joined().segment(segments.size()));
        }
        return segments.get(index);
    }

    /** How integers of a segment lie. */
    Form form(int segment) {
        return forms.known.computeIfAbsent(new Part(product.layers(), segment), part -> Form.of(segment(segment)));
    }

    /** Integers of a segment. */
    long integers(int segment) {
        Form form = form(segment);
        return constant(
                "integers",
                segment,
                form,
                order -> form.bits() == 4
                        ? Packing.codes(segment(segment), order)
                        : Packing.bytes(segment(segment), order));
    }

    /** 0 where there are none. */
    long multipliers(int segment) {
        Form form = form(segment);
        return form.group() == 0
                ? 0
                : constant("multipliers", segment, form, order -> Packing.multipliers(segment(segment), order));
    }

    /** Zero points times sums of weights. */
    long corrections(int segment) {
        Form form = form(segment);
        return constant(
                "corrections", segment, form, order -> Packing.corrections(segment(segment), order, form.factor()));
    }

    /** From sums to real units, or to units of a row's scale. */
    long scales(int segment) {
        Form form = form(segment);
        return constant(
                "scales",
                segment,
                form,
                order -> Packing.floats(IntegerLayers.outputScales(segment(segment)), order, 1f / form.factor()));
    }

    /** Of weights alone. */
    long weightScales(int segment) {
        Form form = form(segment);
        return constant(
                "weight scales",
                segment,
                form,
                order -> Packing.floats(segment(segment).weightScale(), order, 1f / form.factor()));
    }

    /** Weights of 16 bits of input channels {@code [from, to)}; integers are dequantized. */
    long halves(int index, int from, int to, Form form) {
        return constant("halves of " + from + " to " + to, index, form, order -> {
            ByteBuffer packed = Packing.direct((long) order.length * (to - from) * Short.BYTES);
            int row = 0;
            // One layer after the other: all of them as floats may be more than one buffer can hold.
            for (String id : product.layers()) {
                Tensor weight = new JoinedLayers(List.of(id), binder.layers()).floats(from, to);
                int[] rows = product.layers().size() == 1
                        ? order
                        : Packing.plain(weight.shape().dim(0));
                Packing.halves(id, weight, rows, form.elements(), packed, row);
                row += rows.length;
            }
            return packed;
        });
    }

    /** Zeros where there is no bias. */
    long bias() {
        return constant("bias", 0, null, order -> {
            float[] bias = joined().bias();
            return Packing.floats(bias == null ? new float[order.length] : bias, order, 1);
        });
    }

    private long constant(String what, int segment, Form form, Function<int[], ByteBuffer> maker) {
        Key key = new Key(what, product.layers(), segment, form, geGlu);
        return binder.constant(key, () -> maker.apply(order));
    }
}
