package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Primitive;

/** Weights as they are stored, which oneDNN reads where they lie, such as in a mapped file, and writes in another layout. */
final class PlainWeights {
    private PlainWeights() {}

    /** Floats of any type, widened. @param weight [outputs, channels, taps] */
    static void write(Form form, Tensor weight, NativeMemory to) {
        int channels = weight.shape().dim(1);
        DType type = weight.dtype();
        if ((type == DType.F16 || type == DType.BF16)
                && write(form.plainWeights(Types.of(type), channels), weight.buffer(), to, true)) {
            return;
        }
        write(form.plainWeights(dnnl_f32, channels), weight.toF32().buffer(), to);
    }

    /** @param layout of {@code values}, given away */
    static void write(dnnl_memory_desc layout, ByteBuffer values, NativeMemory to) {
        write(layout, values, to, false);
    }

    /** @param fast whether to do without where oneDNN has only loops for it, or nothing. @return whether it was done */
    private static boolean write(dnnl_memory_desc layout, ByteBuffer values, NativeMemory to, boolean fast) {
        ByteBuffer bytes = values.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        try (NativeMemory from = NativeMemory.detached(layout)) {
            from.attach(bytes);
            if (fast && !Primitive.reorders(from, to)) {
                return false;
            }
            try (Primitive reorder = Primitive.reorder(from, to, false, null, new Primitive.Binding())) {
                reorder.execute();
            }
            return true;
        } finally {
            Reference.reachabilityFence(bytes);
        }
    }
}
