package org.mixdq4j.cpu.product;

import java.util.List;
import java.util.function.IntConsumer;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Workers;

/** A product of rows by weights of 8 bits, which lie block by block: a thread multiplies some rows by the weights of a block. */
final class BlockedRows implements ProductTask.Portion {
    private final Resources resources = new Resources();
    private final RowCut cut;
    private final List<PackedWeights> weights;
    private final Workers workers;
    private final BlockSlots slots;
    /** By group and slot. */
    private final Kernel[][] kernels;

    private final IntConsumer part = this::part;

    /** @param weights of each group */
    BlockedRows(RowCut cut, List<PackedWeights> weights, ProductTask.Plans plans, Scratch scratch) {
        this.cut = cut;
        this.weights = List.copyOf(weights);
        this.workers = scratch.workers();
        this.slots = scratch.slots();
        this.kernels = new Kernel[cut.groups().size()][slots.count()];
        try {
            for (int group = 0; group < kernels.length; group++) {
                for (int slot = 0; slot < slots.count(); slot++) {
                    int width = cut.groups().get(group).width();
                    kernels[group][slot] = resources.add(plans.first(cut.rowBlock(), width)
                            .compile(weights.get(group).layout(), slots.get(slot)));
                }
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public void run() {
        workers.run(cut.parts(), part);
    }

    private void part(int index) {
        int block = index / cut.rowBlocks();
        int row = index % cut.rowBlocks() * cut.rowBlock();
        int number = 0;
        while (block >= cut.groups().get(number).blocks()) {
            block -= cut.groups().get(number++).blocks();
        }
        RowCut.Group group = cut.groups().get(number);
        BlockSlots.Slot slot = slots.take();
        try {
            kernels[number][slot.index()].run(
                    row,
                    group.from() + block * group.width(),
                    weights.get(number).blockAddress(block));
        } finally {
            slot.giveBack();
        }
    }

    @Override
    public String implementation() {
        return kernels[0][0].implementation();
    }

    @Override
    public BlockedRows ofOtherRows(int rows, ProductTask.Plans plans, LayerFacts.Integers known, Scratch scratch) {
        return new BlockedRows(new RowCut(rows, rows, cut.groups()), weights, plans, scratch);
    }

    @Override
    public void close() {
        resources.close();
    }
}
