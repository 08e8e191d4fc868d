package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReference;
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

    /** Of layouts without and with a number an output behind the weights. */
    private static final AtomicReference<Trust> PLAIN = new AtomicReference<>(Trust.UNKNOWN);

    private static final AtomicReference<Trust> WITH_SUMS = new AtomicReference<>(Trust.UNKNOWN);

    private WeightOrder() {}

    /** @param order of {@code to}, or null if it is not known. @param integers row-major, from their position on */
    static void write(Form form, int channels, ByteBuffer integers, WeightLayout order, NativeMemory to) {
        if (order == null || !fits(form, order)) {
            byOneDnn(form, channels, integers, to);
            return;
        }
        AtomicReference<Trust> trust = order.tail() == 0 ? PLAIN : WITH_SUMS;
        if (trust.get() == Trust.UNKNOWN) {
            byOneDnn(form, channels, integers, to);
            try (NativeMemory own = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, to.bytes()))) {
                tile(form, channels, integers, order, own.buffer());
                boolean equal = own.buffer().equals(to.buffer());
                trust.compareAndSet(Trust.UNKNOWN, equal ? Trust.EQUAL : Trust.DIFFERENT);
            }
        } else if (trust.get() == Trust.EQUAL) {
            tile(form, channels, integers, order, to.buffer());
        } else {
            byOneDnn(form, channels, integers, to);
        }
    }

    private static boolean fits(Form form, WeightLayout order) {
        if (!(form instanceof RowsForm) || order.tiles().isEmpty()) {
            return false;
        }
        int unit = order.tiles().get().outputs();
        int padded = (form.outputs() + unit - 1) / unit * unit;
        return RowTiling.writes(order.tiles().get()) && (order.tail() == 0 || order.tail() == padded * Integer.BYTES);
    }

    private static void tile(Form form, int channels, ByteBuffer integers, WeightLayout order, ByteBuffer to) {
        int[] sums = RowTiling.tile(
                integers.slice(), form.outputs(), channels, order.tiles().orElseThrow(), to);
        for (int i = 0; i < order.tail() / Integer.BYTES; i++) {
            to.order(ByteOrder.LITTLE_ENDIAN).putInt(order.bytes() + i * Integer.BYTES, -sums[i]);
        }
    }

    private static void byOneDnn(Form form, int channels, ByteBuffer integers, NativeMemory to) {
        PlainWeights.write(form.plainWeights(dnnl_s8, channels), integers, to);
    }
}
