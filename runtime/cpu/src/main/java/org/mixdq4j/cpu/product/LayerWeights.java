package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.lower.weights.LayerSource;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;

/**
 * The weights of one model's layers, packed once and shared by all its plans. Plans of other sizes may want another layout
 * of the same weights, which then is made as well.
 */
public final class LayerWeights implements AutoCloseable {
    /** @param part segment, or first input channel of floats. @param half of integers that are multiplied in two halves */
    record Key(List<String> layers, boolean integers, int part, int half, int from, int to) {}

    /** Bytes that are packed between two collections. */
    private static final long COLLECTED = 256L << 20;

    private final LayerSource source;
    private final Resources resources = new Resources();
    private final Map<Key, List<PackedWeights>> packed = new HashMap<>();
    private final Map<List<Object>, NativeMemory> numbers = new HashMap<>();
    private final Set<String> slow = new LinkedHashSet<>();
    private long unread;

    public LayerWeights(LayerSource source) {
        this.source = source;
    }

    JoinedLayers join(List<String> layers) {
        return new JoinedLayers(layers, source);
    }

    /** The weights under a key in a layout, made where nobody asked for them before. @param wanted is copied */
    PackedWeights get(Key key, dnnl_memory_desc wanted, Supplier<PackedWeights> maker) {
        List<PackedWeights> known = packed.computeIfAbsent(key, any -> new ArrayList<>());
        for (PackedWeights weights : known) {
            if (weights.hasLayout(wanted)) {
                return weights;
            }
        }
        PackedWeights made = resources.add(maker.get());
        known.add(made);
        unread += made.bytes();
        if (unread > COLLECTED) {
            // What was read of mapped files is in memory until their buffers are collected, and nothing else would
            // hurry.
            System.gc();
            unread = 0;
        }
        return made;
    }

    /** Float32 numbers that are kept, such as scales, under a name of their own. @param layout given away */
    NativeMemory numbers(List<Object> key, dnnl_memory_desc layout, Supplier<float[]> maker) {
        NativeMemory known = numbers.get(key);
        if (known != null && dnnl_memory_desc_equal(known.layout(), layout) != 0) {
            dnnl_memory_desc_destroy(layout);
            return known;
        }
        NativeMemory memory = resources.add(NativeMemory.zeros(layout));
        memory.buffer().asFloatBuffer().put(maker.get());
        numbers.put(key, memory);
        return memory;
    }

    /** Integers [outputs, channels, taps] of a segment: all, or the halves whose sum they are. */
    static List<ByteBuffer> halves(Segment segment, boolean split) {
        ByteBuffer whole = segment.weight().buffer();
        if (!split) {
            return List.of(whole);
        }
        int width = whole.capacity() / segment.weightScale().length;
        ByteBuffer first = ByteBuffer.allocateDirect(whole.capacity());
        ByteBuffer second = ByteBuffer.allocateDirect(whole.capacity());
        for (int i = 0; i < whole.capacity(); i++) {
            int multiplier = segment.code().multiplier(i / width, i % width, width);
            int half = whole.get(i) / multiplier / 2 * multiplier;
            first.put(i, (byte) half);
            second.put(i, (byte) (whole.get(i) - half));
        }
        return List.of(first, second);
    }

    /** Remembers layers that oneDNN multiplies by loops. */
    void slow(List<String> layers) {
        slow.addAll(layers);
    }

    /** Layers that oneDNN has only loops for, a hundred times slower than its kernels. */
    public Set<String> slow() {
        return Collections.unmodifiableSet(slow);
    }

    /** Bytes that weights, scales and biases take. */
    public long bytes() {
        return packed.values().stream()
                        .flatMap(List::stream)
                        .mapToLong(PackedWeights::bytes)
                        .sum()
                + numbers.values().stream().mapToLong(NativeMemory::bytes).sum();
    }

    @Override
    public void close() {
        packed.clear();
        numbers.clear();
        resources.close();
    }
}
