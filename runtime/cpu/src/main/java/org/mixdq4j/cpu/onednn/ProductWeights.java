package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.packed.Multipliers;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.TiledMultipliers;

/**
 * The weights of a product in the layout its kernel reads. Those of fewer than 8 bits are held packed, in the order of that
 * layout, and expanded into memory that layers share before each run: a pass over memory from one end to the other, while
 * oneDNN's change of layout takes ten times as long as that, for 256 rows longer than the product itself.
 */
final class ProductWeights implements Resources.Native {
    private final Resources resources = new Resources();
    private final NativeMemory memory;
    private final Workspace.Block shared;
    private PackedIntegers packed;
    private NativeMemory tail;

    /**
     * @param geometry of {@code plain}'s product
     * @param layout the kernel's
     * @param shared scratch memory
     */
    ProductWeights(
            Geometry geometry,
            Segment segment,
            PairSafeWeights plain,
            dnnl_memory_desc layout,
            Workspace.Block shared) {
        this.shared = shared;
        WeightCode code = segment.code();
        try {
            if (PackedIntegers.worthwhile(segment.weight().shape().elements(), code)) {
                memory = resources.add(NativeMemory.detached(NativeMemory.copy(layout)));
                shared.reserve(memory.bytes());
                memory.attach(shared.memory());
                reorder(geometry, plain);
                WeightLayout.of(layout, geometry.weightAxes())
                        .ifPresent(order -> pack(order, segment, geometry.taps()));
                if (packed == null) {
                    keep(layout);
                }
            } else {
                memory = resources.add(NativeMemory.allocate(layout));
                reorder(geometry, plain);
            }
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /** Bound once for all runs. */
    NativeMemory memory() {
        return memory;
    }

    /** To be called before each run. */
    void expand() {
        if (packed != null) {
            memory.attach(shared.memory());
            ByteBuffer bytes = memory.buffer();
            packed.expand(bytes);
            if (tail != null) {
                int start = Math.toIntExact(memory.bytes() - tail.bytes());
                bytes.put(start, tail.buffer(), 0, (int) tail.bytes());
            }
        }
    }

    /** Bytes that stay with the layer. */
    long bytes() {
        if (packed == null) {
            return memory.bytes();
        }
        return packed.bytes() + (tail == null ? 0 : tail.bytes());
    }

    @Override
    public void close() {
        resources.close();
    }

    private void reorder(Geometry geometry, PairSafeWeights plain) {
        try (NativeMemory source = NativeMemory.zeros(geometry.plainWeights(plain.channels()))) {
            plain.write(source.buffer());
            try (Primitive reorder = Primitive.reorder(source, memory, null, new Primitive.Binding())) {
                reorder.execute();
            }
        }
    }

    private void pack(WeightLayout order, Segment segment, int taps) {
        Optional<Multipliers> multipliers = multipliers(order, segment, taps);
        if (multipliers.isEmpty()) {
            return;
        }
        ByteBuffer integers = memory.buffer();
        packed = PackedIntegers.pack(
                        integers.slice(0, order.bytes()), segment.code().bits(), multipliers.get(), this::storage)
                .orElse(null);
        if (packed != null && order.tail() > 0) {
            tail = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, order.tail())));
            tail.buffer().put(0, integers, order.bytes(), order.tail());
        }
    }

    private static Optional<Multipliers> multipliers(WeightLayout order, Segment segment, int taps) {
        WeightCode code = segment.code();
        if (code.group() == 0) {
            return Optional.of(Multipliers.NONE);
        }
        int outputs = segment.weightScale().length;
        int channels = segment.to() - segment.from();
        return order.tiles().map(tiles -> new TiledMultipliers(tiles, code, outputs, channels, taps));
    }

    private ByteBuffer storage(int bytes) {
        return resources
                .add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, bytes)))
                .buffer();
    }

    /** In a layout whose order is not known: moves the integers from shared memory to memory of their own. */
    private void keep(dnnl_memory_desc layout) {
        NativeMemory own = resources.add(NativeMemory.allocate(layout));
        own.buffer().put(memory.buffer());
        memory.attach(own);
    }
}
