package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.lower.weights.JoinedLayers;
import org.mixdq4j.core.lower.weights.LayerSource;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.Resources;

/**
 * The weights of one model's layers, packed once and shared by all its plans. Plans of other sizes may want another layout
 * of the same weights, which then is made as well.
 */
public final class LayerWeights implements AutoCloseable {
    /** @param part segment, or first input channel of floats. @param half of integers that are multiplied in two halves */
    record Key(List<String> layers, boolean integers, int part, int half, int from, int to) {}

    /** Bytes of weights that are read between two collections. */
    private static final long COLLECTED = 192L << 20;
    /** So few are left to the collector: asking it takes longer than a small network takes to load. */
    private static final long FEW = 64L << 20;

    private final LayerSource source;
    private final Resources resources = new Resources();
    private final Map<Key, List<PackedWeights>> packed = new HashMap<>();
    private final Map<List<Object>, NativeMemory> numbers = new HashMap<>();
    private final Map<List<String>, LayerFacts> facts = new HashMap<>();
    private final Set<String> slow = new TreeSet<>();
    private long unread;

    public LayerWeights(LayerSource source) {
        this.source = source;
    }

    JoinedLayers join(List<String> layers) {
        return new JoinedLayers(layers, source);
    }

    /** What is known of layers besides their weights. @param joined what to read it from if it is not known yet */
    LayerFacts facts(List<String> layers, JoinedLayers joined) {
        synchronized (this) {
            if (facts.containsKey(layers)) {
                return facts.get(layers);
            }
        }
        LayerFacts read = LayerFacts.of(joined, OneDnn.get().vnni());
        synchronized (this) {
            facts.put(layers, read);
        }
        return read;
    }

    /**
     * The weights under a key in a layout, made where nobody asked for them before. Several threads may ask, each for keys of
     * its own.
     *
     * @param wanted is copied
     */
    PackedWeights get(Key key, dnnl_memory_desc wanted, Supplier<PackedWeights> maker) {
        synchronized (this) {
            for (PackedWeights weights : packed.computeIfAbsent(key, any -> new ArrayList<>())) {
                if (weights.hasLayout(wanted)) {
                    return weights;
                }
            }
        }
        PackedWeights made = maker.get();
        keep(key, made);
        return made;
    }

    private synchronized void keep(Key key, PackedWeights made) {
        resources.add(made);
        packed.get(key).add(made);
        unread += made.readBytes();
        if (unread > COLLECTED) {
            collect();
        }
    }

    /**
     * To be called when weights were read: what they were read into is in memory until its buffers are collected, and nothing
     * else would hurry. Does nothing while few were.
     */
    public synchronized void collect() {
        if (unread > FEW) {
            System.gc();
            NativeMemory.giveBackFree();
            unread = 0;
        }
    }

    /** Float32 numbers that are kept, such as scales, under a name of their own. @param layout given away */
    synchronized NativeMemory numbers(List<Object> key, dnnl_memory_desc layout, Supplier<float[]> maker) {
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

    /** Remembers layers that oneDNN multiplies by loops. */
    synchronized void slow(List<String> layers) {
        slow.addAll(layers);
    }

    /** Layers that oneDNN has only loops for, a hundred times slower than its kernels. */
    public Set<String> slow() {
        return Collections.unmodifiableSet(slow);
    }

    /** Bytes that weights, scales and biases take. */
    public synchronized long bytes() {
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
