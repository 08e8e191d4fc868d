package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.packed.Multipliers;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.RowMultipliers;

/** Integers of a segment, or their codes, that are made floats in a kernel's layout before each use. */
final class DequantizedAtUse implements Resources.Native {
    private final Resources resources = new Resources();
    private final Form form;
    private final int channels;
    private final NativeMemory scales;
    /** Null where codes are held. */
    private NativeMemory integers;

    private PackedIntegers codes;

    DequantizedAtUse(Form form, Segment segment) {
        this.form = form;
        this.channels = segment.to() - segment.from();
        float[] perOutput = segment.weightScale();
        scales = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_f32, perOutput.length)));
        scales.buffer().asFloatBuffer().put(perOutput);
        ByteBuffer bytes = segment.weight().buffer();
        if (PackedIntegers.worthwhile(bytes.remaining(), segment.code().bits())) {
            codes = pack(segment, bytes).orElse(null);
        }
        if (codes == null) {
            integers = resources.add(NativeMemory.zeros(form.plainWeights(dnnl_s8, channels)));
            integers.buffer().put(bytes.duplicate());
        }
    }

    private Optional<PackedIntegers> pack(Segment segment, ByteBuffer bytes) {
        WeightCode code = segment.code();
        int rows = segment.weightScale().length;
        Multipliers multipliers = code.group() == 0
                ? Multipliers.NONE
                : new RowMultipliers(storage(code.multipliers()), rows, bytes.remaining() / rows, code.group());
        return PackedIntegers.pack(bytes.duplicate(), code.bits(), multipliers, this::storage);
    }

    private ByteBuffer storage(int bytes) {
        return resources
                .add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, bytes)))
                .buffer();
    }

    private ByteBuffer storage(byte[] values) {
        return storage(values.length).put(0, values);
    }

    /** What writes the floats into {@code to}, as its layout has them. */
    Expansion expansion(NativeMemory to, Scratch scratch) {
        Resources own = new Resources();
        NativeMemory from = integers;
        if (from == null) {
            // The product itself needs its scratch memory only afterwards.
            from = own.add(NativeMemory.detached(form.plainWeights(dnnl_s8, channels)));
            scratch.pad(from);
        }
        NativeMemory bytes = from;
        Attributes attributes = own.add(new Attributes());
        attributes.scales(DNNL_ARG_FROM, form.scaleMask());
        Primitive.Binding binding = new Primitive.Binding().bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_FROM, scales);
        Primitive reorder = own.add(Primitive.reorder(from, to, true, attributes, binding));
        return new Expansion(own) {
            @Override
            void run() {
                if (codes != null) {
                    codes.expand(bytes.buffer());
                }
                reorder.execute();
            }
        };
    }

    /** Bytes held. */
    long bytes() {
        return scales.bytes() + (codes == null ? integers.bytes() : codes.bytes());
    }

    @Override
    public void close() {
        resources.close();
    }
}
