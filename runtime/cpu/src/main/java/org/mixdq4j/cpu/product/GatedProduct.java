package org.mixdq4j.cpu.product;

import java.nio.FloatBuffer;
import java.util.function.IntConsumer;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Workers;
import org.mixdq4j.cpu.vector.GateRows;

/**
 * A product whose outputs are values and gates (GEGLU): a thread multiplies some rows by the weights of a few values and of their
 * gates, and joins the two while they are in its cache. The product's result, four times as large as what is left of it, is never
 * in memory.
 */
final class GatedProduct implements ProductTask.Portion {
    /** Rows at a time, if they can be divided so. */
    private static final int ROWS = 256;

    private static final int FEWEST_ROWS = 64;
    /** Bytes of weights of values, or of gates, that a thread takes at a time. */
    private static final int BYTES = 512 << 10;
    /** Values a thread takes at a time at most: products of them stay in a core's second cache. */
    private static final int VALUES = 256;

    private final Resources resources;
    private final Workers workers;
    private final BlockSlots slots;
    private final BlockWeights weights;

    private final GateRows gate;
    private final Shape shape;
    /** By slot. */
    private final Kernel[] kernels;

    private final IntConsumer part = this::part;

    /**
     * How the work is cut: by the product alone, never by the number of threads.
     *
     * @param rows all
     * @param rowBlock rows at a time
     * @param values outputs that are left
     * @param width of them, those that a thread takes
     */
    record Shape(int rows, int rowBlock, int values, int width) {
        static Shape of(int rows, int channels, int outputs, int unit) {
            int values = outputs / 2;
            int most = Math.max(1, Math.min(VALUES, BYTES / channels) / unit);
            int width = most;
            while (values / unit % width != 0) {
                width--;
            }
            int rowBlock = Math.min(rows, ROWS);
            while (rows % rowBlock != 0) {
                rowBlock--;
            }
            return new Shape(rows, rowBlock < Math.min(rows, FEWEST_ROWS) ? rows : rowBlock, values, width * unit);
        }

        int blocks() {
            return values / width;
        }

        /** Floats of the product of a block of rows by as many outputs as a thread takes. */
        int results() {
            return rowBlock * width;
        }
    }

    /** Where the weights of as many outputs as a thread takes are; it has areas 0 and 1 to expand them to. */
    interface BlockWeights {
        long address(int first, BlockSlots.Slot slot, int area);
    }

    /** Makes the kernel of a thread, which is moved from block to block. */
    interface Maker {
        Kernel make(BlockSlots.Slot slot);
    }

    GatedProduct(Shape shape, BlockWeights weights, GateRows gate, Scratch scratch, Resources resources, Maker maker) {
        this.shape = shape;
        this.weights = weights;
        this.gate = gate;
        this.resources = resources;
        this.workers = scratch.workers();
        this.slots = scratch.slots();
        this.kernels = new Kernel[slots.count()];
        for (int i = 0; i < kernels.length; i++) {
            slots.get(i).results(2L * shape.results() * Float.BYTES);
            kernels[i] = resources.add(maker.make(slots.get(i)));
        }
    }

    @Override
    public void run() {
        workers.run(shape.blocks(), part);
    }

    private void part(int block) {
        int first = block * shape.width();
        BlockSlots.Slot slot = slots.take();
        try {
            FloatBuffer results = slot.results();
            Kernel kernel = kernels[slot.index()];
            long values = weights.address(first, slot, 0);
            long gates = weights.address(shape.values() + first, slot, 1);
            long to = slot.resultAddress();
            for (int row = 0; row < shape.rows(); row += shape.rowBlock()) {
                kernel.run(row, first, values, to);
                kernel.run(row, shape.values() + first, gates, to + (long) shape.results() * Float.BYTES);
                gate.run(results, 0, shape.results(), row, shape.rowBlock(), first);
            }
        } finally {
            slot.giveBack();
        }
    }

    @Override
    public String implementation() {
        return kernels[0].implementation();
    }

    @Override
    public ProductTask.Portion ofOtherRows(
            int rows, ProductTask.Plans plans, LayerFacts.Integers known, Scratch scratch) {
        throw new IllegalStateException("values and gates have no first row");
    }

    @Override
    public void close() {
        resources.close();
    }
}
