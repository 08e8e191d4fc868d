package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.RowTiling;

/** Brings integers into the layout of a kernel, what oneDNN computes from them included. */
final class WeightOrder {
    /** What {@link RowTiling} is trusted with: nothing says what oneDNN keeps behind the weights. */
    private enum Trust {
        UNKNOWN,
        EQUAL,
        DIFFERENT
    }

    /** @param sums whether there is a number an output behind the weights */
    private record Kind(boolean image, int lanes, boolean sums) {}

    private static final Map<Kind, Trust> TRUST = new ConcurrentHashMap<>();

    private WeightOrder() {}

    /** @param order of {@code to}, or null if it is not known. @param integers row-major, from their position on */
    static void write(Form form, int channels, ByteBuffer integers, WeightLayout order, NativeMemory to) {
        if (order == null || !fits(form, order)) {
            byOneDnn(form, channels, integers, to);
            return;
        }
        Kind kind =
                new Kind(form instanceof ImageForm, order.tiles().orElseThrow().lanes(), order.tail() > 0);
        Trust trust = TRUST.getOrDefault(kind, Trust.UNKNOWN);
        if (trust == Trust.EQUAL) {
            tile(form, channels, integers, order, to.buffer());
            return;
        }
        byOneDnn(form, channels, integers, to);
        if (trust == Trust.UNKNOWN) {
            try (NativeMemory own = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, to.bytes()))) {
                tile(form, channels, integers, order, own.buffer());
                TRUST.putIfAbsent(kind, own.buffer().equals(to.buffer()) ? Trust.EQUAL : Trust.DIFFERENT);
            }
        }
    }

    /** Whether there is a loop of ours for it. */
    static boolean fits(Form form, WeightLayout order) {
        if (order.tiles().isEmpty() || !RowTiling.writes(order.tiles().get())) {
            return false;
        }
        int unit = order.tiles().get().outputs();
        int padded = (form.outputs() + unit - 1) / unit * unit;
        return order.tail() == 0 || order.tail() == padded * Integer.BYTES;
    }

    static void tile(Form form, int channels, ByteBuffer integers, WeightLayout order, ByteBuffer to) {
        int[] sums = RowTiling.tile(
                integers.slice(),
                form.outputs(),
                channels,
                form.taps(),
                order.tiles().orElseThrow(),
                to);
        for (int i = 0; i < order.tail() / Integer.BYTES; i++) {
            to.order(ByteOrder.LITTLE_ENDIAN).putInt(order.bytes() + i * Integer.BYTES, -sums[i]);
        }
    }

    static void byOneDnn(Form form, int channels, ByteBuffer integers, NativeMemory to) {
        PlainWeights.write(form.plainWeights(dnnl_s8, channels), integers, to);
    }
}
