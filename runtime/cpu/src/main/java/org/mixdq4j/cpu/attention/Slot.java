package org.mixdq4j.cpu.attention;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Resources;

/**
 * What one thread needs to work on attention, whichever step it is of: primitives, and memory for the block's scores. Used
 * by one thread at a time.
 */
final class Slot implements Resources.Native {
    private final AtomicBoolean taken = new AtomicBoolean();
    private final Map<HeadShape, HeadProducts> products = new HashMap<>();
    private final List<NativeMemory> memories = new ArrayList<>();
    private final ScoreRow row = new ScoreRow();
    private boolean bound;
    private FloatBuffer scores;
    private ShortBuffer weights;

    boolean take() {
        return !taken.get() && taken.compareAndSet(false, true);
    }

    void giveBack() {
        taken.set(false);
    }

    /** To be called while steps are planned. */
    void plan(HeadShape shape) {
        if (!products.containsKey(shape)) {
            products.put(shape, new HeadProducts(shape));
            bound = false;
        }
    }

    HeadProducts products(HeadShape shape) {
        if (!bound) {
            bind();
        }
        return products.get(shape);
    }

    FloatBuffer scores() {
        return scores;
    }

    ShortBuffer weights() {
        return weights;
    }

    ScoreRow row() {
        return row;
    }

    private void bind() {
        release();
        long scoreBytes = 0;
        long weightBytes = 0;
        long padBytes = 0;
        for (HeadProducts each : products.values()) {
            scoreBytes = Math.max(scoreBytes, each.shape().scoreBytes());
            weightBytes = Math.max(weightBytes, each.shape().weightBytes());
            padBytes = Math.max(padBytes, each.padBytes());
        }
        ByteBuffer scoreMemory = allocate(scoreBytes);
        ByteBuffer weightMemory = allocate(weightBytes);
        allocate(padBytes);
        for (HeadProducts each : products.values()) {
            each.bind(address(0), address(1), address(2));
        }
        scores = scoreMemory.asFloatBuffer();
        weights = weightMemory.asShortBuffer();
        bound = true;
    }

    private ByteBuffer allocate(long bytes) {
        NativeMemory memory = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, Math.max(bytes, 1)));
        memories.add(memory);
        return memory.buffer();
    }

    private long address(int index) {
        return memories.get(index).addressValue();
    }

    private void release() {
        memories.forEach(NativeMemory::close);
        memories.clear();
    }

    @Override
    public void close() {
        release();
        products.values().forEach(HeadProducts::close);
    }
}
