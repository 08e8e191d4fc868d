package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.onednn.WeightLayout;
import org.mixdq4j.cpu.packed.FourBitTiles;
import org.mixdq4j.cpu.packed.Multipliers;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.TiledLayout;
import org.mixdq4j.cpu.packed.TiledMultipliers;
import org.mixdq4j.cpu.session.Workers;

/**
 * Weights in the layout a kernel reads. Integers of fewer than 8 bits are held packed, in the order of that layout, and
 * expanded into scratch memory just before they are multiplied; so are integers that a kernel reads as floats.
 */
final class PackedWeights implements Resources.Native {
    /** Bytes of a line of the caches. */
    private static final int ALIGNMENT = 64;

    private final Resources resources = new Resources();
    private final dnnl_memory_desc layout;
    /** Bytes from one block to the next. */
    private long blockBytes;

    private NativeMemory memory;
    private PackedIntegers codes;
    private FourBitTiles tiles;
    private NativeMemory tail;
    private DequantizedAtUse dequantized;

    private PackedWeights(dnnl_memory_desc layout) {
        this.layout = NativeMemory.copy(layout);
    }

    /** Floats of any type. @param layout of F32, is copied */
    static PackedWeights floats(Form form, Tensor weight, dnnl_memory_desc layout) {
        PackedWeights packed = new PackedWeights(layout);
        try {
            packed.memory = packed.resources.add(NativeMemory.allocate(layout));
            PlainWeights.write(form, weight, packed.memory);
            return packed;
        } catch (RuntimeException e) {
            packed.close();
            throw e;
        }
    }

    /** Integers of a segment, or of one half of them. @param layout is copied */
    static PackedWeights integers(Form form, Segment segment, ByteBuffer integers, dnnl_memory_desc layout) {
        Optional<WeightLayout> order = WeightLayout.of(layout, form.weightAxes());
        PackedWeights packed = new PackedWeights(layout);
        int channels = segment.to() - segment.from();
        try {
            NativeMemory whole = NativeMemory.allocate(layout);
            packed.resources.add(whole);
            WeightOrder.write(form, channels, integers, order.orElse(null), whole);
            if (order.isPresent()
                    && PackedIntegers.worthwhile(
                            segment.weight().shape().elements(), segment.code().bits())) {
                packed.shrink(order.get(), whole, segment, channels, form.taps());
            }
            if (!packed.isPacked()) {
                packed.memory = whole;
            } else {
                packed.resources.remove(whole);
                whole.close();
            }
            return packed;
        } catch (RuntimeException e) {
            packed.close();
            throw e;
        }
    }

    /**
     * Integers of 8 bits, in blocks of as many outputs as {@code form} has: each lies as a kernel of these alone reads it.
     *
     * @param layout of one block, is copied
     */
    static PackedWeights blocks(Form form, Segment segment, dnnl_memory_desc layout) {
        WeightLayout order = WeightLayout.of(layout, form.weightAxes()).orElse(null);
        PackedWeights packed = new PackedWeights(layout);
        int channels = segment.to() - segment.from();
        ByteBuffer integers = segment.weight().buffer();
        int integerBytes = form.outputs() * channels;
        try {
            packed.blockBytes = (dnnl_memory_desc_get_size(layout) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            int count = segment.weightScale().length / form.outputs();
            packed.memory = packed.resources.add(NativeMemory.bytes(count * packed.blockBytes));
            try (NativeMemory block = NativeMemory.detached(NativeMemory.copy(layout))) {
                for (int i = 0; i < count; i++) {
                    block.attach(packed.memory.addressValue() + i * packed.blockBytes);
                    WeightOrder.write(form, channels, integers.slice(i * integerBytes, integerBytes), order, block);
                }
            }
            return packed;
        } catch (RuntimeException e) {
            packed.close();
            throw e;
        }
    }

    /** Integers of a segment that are made floats before each use. @param layout of the floats, is copied */
    static PackedWeights dequantizedAtUse(Form form, Segment segment, dnnl_memory_desc layout) {
        PackedWeights packed = new PackedWeights(layout);
        packed.dequantized = packed.resources.add(new DequantizedAtUse(form, segment));
        return packed;
    }

    private void shrink(WeightLayout order, NativeMemory whole, Segment segment, int channels, int taps) {
        if (FourBitTiles.supported() && order.tiles().isPresent()) {
            tiles = FourBitTiles.pack(
                            whole.buffer(),
                            order.tiles().get(),
                            segment.code(),
                            segment.weightScale().length,
                            channels,
                            taps,
                            this::storage)
                    .orElse(null);
        }
        if (tiles == null) {
            shrinkAny(order, whole, segment, channels, taps);
        }
        if (isPacked() && order.tail() > 0) {
            tail = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, order.tail())));
            tail.buffer().put(0, whole.buffer(), order.bytes(), order.tail());
        }
    }

    private void shrinkAny(WeightLayout order, NativeMemory whole, Segment segment, int channels, int taps) {
        Optional<Multipliers> multipliers = multipliers(order, segment, channels, taps);
        if (multipliers.isEmpty()) {
            return;
        }
        ByteBuffer integers = whole.buffer();
        codes = PackedIntegers.pack(
                        integers.slice(0, order.bytes()), segment.code().bits(), multipliers.get(), this::storage)
                .orElse(null);
    }

    private static Optional<Multipliers> multipliers(WeightLayout order, Segment segment, int channels, int taps) {
        WeightCode code = segment.code();
        if (code.group() == 0) {
            return Optional.of(Multipliers.NONE);
        }
        return order.tiles()
                .map(tiles -> new TiledMultipliers(tiles, code, segment.weightScale().length, channels, taps));
    }

    private ByteBuffer storage(int bytes) {
        return resources
                .add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, bytes)))
                .buffer();
    }

    boolean hasLayout(dnnl_memory_desc other) {
        return dnnl_memory_desc_equal(layout, other) != 0;
    }

    dnnl_memory_desc layout() {
        return layout;
    }

    /** Whether they have to be expanded before each use. */
    boolean isPacked() {
        return codes != null || tiles != null || dequantized != null;
    }

    /** Memory that stays; only of weights that are not packed. */
    NativeMemory memory() {
        return memory;
    }

    /** What writes the weights, and what oneDNN computed from them, into memory as the layout has them. */
    Expansion expansion(NativeMemory to, Scratch scratch) {
        if (dequantized != null) {
            return dequantized.expansion(to, scratch);
        }
        return new Expansion(new Resources()) {
            @Override
            void run() {
                expand(to.buffer(), scratch.workers());
            }
        };
    }

    private void expand(ByteBuffer to, Workers workers) {
        if (tiles == null) {
            codes.expand(to);
        } else {
            tiles.expand(to, workers);
        }
        writeTail(to);
    }

    private void writeTail(ByteBuffer to) {
        if (tail != null) {
            int at = Math.toIntExact(dnnl_memory_desc_get_size(layout) - tail.bytes());
            to.put(at, tail.buffer(), 0, (int) tail.bytes());
        }
    }

    /** How they lie where tiles of 4 bits are held. */
    Optional<TiledLayout> tiles() {
        return tiles == null ? Optional.empty() : Optional.of(tiles.layout());
    }

    /** Expands what a kernel of these outputs alone reads, of tiles; else all. @param first the first of a tile */
    void expand(int first, int count, ByteBuffer to) {
        if (tiles == null) {
            codes.expand(to);
            writeTail(to);
            return;
        }
        int written = tiles.expandOutputs(first, count, to);
        if (tail != null) {
            int unit = tiles.layout().outputs();
            int sums = (count + unit - 1) / unit * unit * Integer.BYTES;
            to.put(written, tail.buffer(), first * Integer.BYTES, sums);
        }
    }

    /**
     * Where those of some outputs are as a kernel of these alone reads them; packed ones are expanded there.
     *
     * @param first output, the first of a tile. @param area of the thread's memory
     */
    long address(int first, int count, BlockSlots.Slot slot, int area) {
        if (!isPacked()) {
            return memory.addressValue();
        }
        expand(first, count, slot.weights(area));
        return slot.weightAddress(area);
    }

    /** Where a block is. */
    long blockAddress(int block) {
        return memory.addressValue() + block * blockBytes;
    }

    /** Bytes of the integers or floats they were made from, about. */
    long readBytes() {
        return Math.max(bytes(), dnnl_memory_desc_get_size(layout));
    }

    /** Bytes held. */
    long bytes() {
        if (!isPacked()) {
            return memory.bytes();
        }
        if (dequantized != null) {
            return dequantized.bytes();
        }
        return (tiles != null ? tiles.bytes() : codes.bytes()) + (tail == null ? 0 : tail.bytes());
    }

    @Override
    public void close() {
        resources.close();
        dnnl_memory_desc_destroy(layout);
    }
}
