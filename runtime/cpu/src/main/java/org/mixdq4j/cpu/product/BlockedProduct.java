package org.mixdq4j.cpu.product;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Workers;

/**
 * A product whose weights are expanded block by block: a thread takes some outputs, expands their weights into its own cache and
 * multiplies all rows or the image by them at once, so that expanded weights are never in memory.
 */
final class BlockedProduct implements ProductTask.Portion {
    /** Bytes of expanded weights that a core's second cache holds beside the rows. */
    private static final int BYTES = 256 << 10;
    /** Blocks there are at least, so that threads have about equal shares. */
    private static final int BLOCKS = 16;

    private final Resources resources = new Resources();
    private final List<Primitive> before = new ArrayList<>();
    private final PackedWeights weights;
    private final Workers workers;
    private final BlockSlots slots;
    private final int outputs;
    private final int width;
    /** By slot. */
    private final Kernel[] whole;

    private final Kernel[] last;
    private final IntConsumer part = this::part;

    /** Makes the kernel that a thread uses for {@code width} outputs, the first ones of the product. */
    interface Maker {
        /** @return null if oneDNN wants another layout for a block than for all outputs */
        Kernel make(int width, BlockSlots.Slot slot);
    }

    private BlockedProduct(PackedWeights weights, int outputs, int width, Scratch scratch) {
        this.weights = weights;
        this.workers = scratch.workers();
        this.slots = scratch.slots();
        this.outputs = outputs;
        this.width = width;
        this.whole = new Kernel[slots.count()];
        this.last = new Kernel[slots.count()];
    }

    /** Outputs of a block. It depends on the product alone, never on the number of threads. */
    static int width(int outputs, int channels, int unit) {
        int most = Math.max(1, BYTES / channels / unit);
        int share = Math.max(1, (outputs / BLOCKS + unit - 1) / unit);
        return unit * Math.min(most, share);
    }

    /** @return null if a kernel is */
    static BlockedProduct of(PackedWeights weights, int outputs, int width, Scratch scratch, Maker maker) {
        BlockedProduct product = new BlockedProduct(weights, outputs, width, scratch);
        try {
            for (int i = 0; i < product.whole.length; i++) {
                product.whole[i] = maker.make(width, product.slots.get(i));
                int rest = outputs % width;
                product.last[i] = rest == 0 ? product.whole[i] : maker.make(rest, product.slots.get(i));
                if (product.whole[i] != null) {
                    product.resources.add(product.whole[i]);
                }
                if (product.last[i] != null && rest != 0) {
                    product.resources.add(product.last[i]);
                }
                if (product.whole[i] == null || product.last[i] == null) {
                    product.close();
                    return null;
                }
            }
            for (int i = 0; i < product.whole.length; i++) {
                product.whole[i].claim();
                if (product.last[i] != product.whole[i]) {
                    product.last[i].claim();
                }
            }
            return product;
        } catch (RuntimeException | Error e) {
            product.close();
            throw e;
        }
    }

    /** @param fill run before the product, released with it */
    void before(Primitive fill) {
        before.add(resources.add(fill));
    }

    @Override
    public void run() {
        if (!before.isEmpty()) {
            workers.pause();
            before.forEach(Primitive::execute);
        }
        workers.run((outputs + width - 1) / width, part);
    }

    private void part(int block) {
        int first = block * width;
        int count = Math.min(width, outputs - first);
        BlockSlots.Slot slot = slots.take();
        try {
            Kernel kernel = (count == width ? whole : last)[slot.index()];
            kernel.run(0, first, weights.address(first, count, slot, 0));
        } finally {
            slot.giveBack();
        }
    }

    @Override
    public String implementation() {
        return whole[0].implementation();
    }

    @Override
    public BlockedProduct ofOtherRows(int rows, ProductTask.Plans plans, LayerFacts.Integers known, Scratch scratch) {
        return of(weights, outputs, width, scratch, (count, slot) -> plans.first(rows, count)
                .compile((count == width ? whole : last)[0].weightLayout(), slot));
    }

    @Override
    public void close() {
        resources.close();
    }
}
