package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.session.Workers;

/**
 * Memory that products use while they run, one after the other: oneDNN's scratchpads, expanded weights. Its size is known
 * when all products of a session are planned.
 */
public final class Scratch implements AutoCloseable {
    private final List<NativeMemory> pads = new ArrayList<>();
    private final List<NativeMemory> weights = new ArrayList<>();
    private final Workers workers;
    private final BlockSlots slots;
    private NativeMemory block;

    /** @param workers who expand weights */
    public Scratch(Workers workers) {
        this.workers = workers;
        this.slots = new BlockSlots(workers.count());
    }

    /** Memory of each of the workers. */
    BlockSlots slots() {
        return slots;
    }

    Workers workers() {
        return workers;
    }

    /** Memory for a primitive's own use. @param pad without memory yet; stays the caller's */
    synchronized void pad(NativeMemory pad) {
        pads.add(pad);
    }

    /** Memory for weights that are expanded before they are multiplied. */
    synchronized void weights(NativeMemory expanded) {
        weights.add(expanded);
    }

    /** To be called once, when all is planned. */
    public void allocate() {
        slots.allocate();
        long padBytes = largest(pads);
        long weightBytes = largest(weights);
        if (padBytes + weightBytes == 0) {
            return;
        }
        block = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, padBytes + weightBytes));
        long start = block.addressValue();
        pads.forEach(pad -> pad.attach(start));
        weights.forEach(memory -> memory.attach(start + padBytes));
    }

    /** Bytes that the largest takes, in whole pages. */
    static long largest(List<NativeMemory> memories) {
        long bytes = memories.stream().mapToLong(NativeMemory::bytes).max().orElse(0);
        return (bytes + 4095) / 4096 * 4096;
    }

    @Override
    public void close() {
        slots.close();
        if (block != null) {
            block.close();
        }
    }
}
