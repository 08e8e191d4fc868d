package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.dnnl_u8;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.session.Exclusive;

/** Memory of threads that work on a block of outputs each: its weights, and what a primitive needs while it runs. */
final class BlockSlots {
    private static final int AREAS = 2;

    private final Slot[] slots;

    /** As many as there are threads. */
    BlockSlots(int count) {
        slots = IntStream.range(0, count).mapToObj(Slot::new).toArray(Slot[]::new);
    }

    /** Used by one thread at a time. */
    static final class Slot extends Exclusive {
        private final List<NativeMemory> pads = new ArrayList<>();
        private final List<NativeMemory> weights = new ArrayList<>();
        private final List<NativeMemory> ownResults = new ArrayList<>();
        private final int index;
        private NativeMemory block;
        private ByteBuffer[] expanded;
        private long weightBytes;
        private long resultBytes;
        private NativeMemory resultMemory;
        private FloatBuffer results;

        private Slot(int index) {
            this.index = index;
        }

        int index() {
            return index;
        }

        /** Where weights are expanded to: those of two kernels beside each other. @param area 0 or 1 */
        ByteBuffer weights(int area) {
            return expanded[area];
        }

        /**
         * While products are planned, by several threads. Memories without any yet, which last as long as this.
         *
         * @param pad or null
         * @param result that the thread keeps to itself, or null
         */
        synchronized void add(NativeMemory weights, NativeMemory pad, NativeMemory result) {
            this.weights.add(weights);
            if (pad != null) {
                pads.add(pad);
            }
            if (result != null) {
                ownResults.add(result);
                results(result.bytes());
            }
        }

        /** While products are planned: there must be room for so many bytes of results that a thread keeps to itself. */
        synchronized void results(long bytes) {
            resultBytes = Math.max(resultBytes, bytes);
        }

        FloatBuffer results() {
            return results;
        }

        long resultAddress() {
            return resultMemory.addressValue();
        }

        /** Where that is. */
        long weightAddress(int area) {
            return block.addressValue() + area * weightBytes;
        }

        private void allocate() {
            if (resultBytes > 0) {
                resultMemory = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, resultBytes));
                results = resultMemory.buffer().asFloatBuffer();
                ownResults.forEach(memory -> memory.attach(resultMemory.addressValue()));
            }
            weightBytes = Scratch.largest(weights);
            if (weightBytes == 0) {
                return;
            }
            block = NativeMemory.zeros(NativeMemory.rowMajor(dnnl_u8, AREAS * weightBytes + Scratch.largest(pads)));
            long start = block.addressValue();
            weights.forEach(memory -> memory.attach(start));
            pads.forEach(pad -> pad.attach(start + AREAS * weightBytes));
            expanded = IntStream.range(0, AREAS)
                    .mapToObj(area -> block.buffer().slice(Math.toIntExact(area * weightBytes), (int) weightBytes))
                    .toArray(ByteBuffer[]::new);
        }

        private void close() {
            if (resultMemory != null) {
                resultMemory.close();
            }
            if (block != null) {
                block.close();
            }
        }
    }

    int count() {
        return slots.length;
    }

    Slot get(int index) {
        return slots[index];
    }

    /** One that nobody uses; there are as many as threads. */
    Slot take() {
        return Exclusive.take(slots);
    }

    void allocate() {
        for (Slot slot : slots) {
            slot.allocate();
        }
    }

    void close() {
        for (Slot slot : slots) {
            slot.close();
        }
    }
}
