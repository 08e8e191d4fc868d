package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.OpenMp;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.Resources;

/** The two products of a block of queries of one head, by the thread that asks, and where they lie in its memory. */
abstract class Block implements Resources.Native {
    private static final long LINE = 64;

    private record Place(NativeMemory memory, long offset) {}

    private final Resources resources = new Resources();
    private final List<Place> places = new ArrayList<>();
    private long bytes;

    /** Room in the thread's memory. @return its first byte */
    final int reserve(long size) {
        long at = bytes;
        bytes += (size + LINE - 1) / LINE * LINE;
        return Math.toIntExact(at);
    }

    /** What lies in the thread's memory from {@code offset} on. */
    final NativeMemory placed(int offset, dnnl_memory_desc layout) {
        NativeMemory memory = elsewhere(layout);
        places.add(new Place(memory, offset));
        return memory;
    }

    /** What lies where it is attached before each product. */
    final NativeMemory elsewhere(dnnl_memory_desc layout) {
        return resources.add(NativeMemory.detached(layout));
    }

    /** @param scales by column of b; it and {@code bias} may be null */
    final Primitive product(NativeMemory a, NativeMemory b, NativeMemory to, NativeMemory scales, NativeMemory bias) {
        OpenMp.plan(false);
        try (Attributes attributes = new Attributes()) {
            attributes.ownScratch();
            Primitive.Binding binding = new Primitive.Binding()
                    .bind(DNNL_ARG_SRC, a)
                    .bind(DNNL_ARG_WEIGHTS, b)
                    .bind(DNNL_ARG_DST, to);
            if (scales != null) {
                attributes.scales(DNNL_ARG_WEIGHTS, 1 << 1);
                binding.bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales);
            }
            if (bias != null) {
                binding.bind(DNNL_ARG_BIAS, bias);
            }
            dnnl_primitive_desc description = new dnnl_primitive_desc();
            OneDnn.check(
                    dnnl_matmul_primitive_desc_create(
                            description,
                            OneDnn.get().engine(),
                            a.layout(),
                            b.layout(),
                            bias == null ? null : bias.layout(),
                            to.layout(),
                            attributes.handle()),
                    "plan a product of attention, " + this);
            dnnl_memory_desc pad = Primitive.layout(description, DNNL_ARG_SCRATCHPAD);
            long padBytes = dnnl_memory_desc_get_size(pad);
            if (padBytes > 0) {
                binding.bind(DNNL_ARG_SCRATCHPAD, placed(reserve(padBytes), NativeMemory.copy(pad)));
            }
            return resources.add(binding.compile(description));
        }
    }

    /** Of the thread's memory. */
    final long bytes() {
        return bytes;
    }

    /** Says where the thread's memory is. */
    final void bind(long address) {
        places.forEach(place -> place.memory.attach(address + place.offset));
    }

    @Override
    public final void close() {
        resources.close();
    }
}
