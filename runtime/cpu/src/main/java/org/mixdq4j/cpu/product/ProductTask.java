package org.mixdq4j.cpu.product;

import java.util.Arrays;
import java.util.List;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Task;

/** The parts of one product in their order. */
final class ProductTask implements Task {
    private final Resources resources;
    private final Portion[] kernels;
    private final FirstRow firstRow;

    /** What is multiplied at once: some input channels of some outputs. */
    interface Portion extends Resources.Native {
        void run();

        /** oneDNN's name of the kernel. */
        String implementation();

        /** The product of other rows by the same weights. @param plans of it. @param weights what they are */
        Portion ofOtherRows(int rows, Plans plans, LayerFacts.Integers weights, Scratch scratch);
    }

    /** Plans the product of the first rows by the weights of the first outputs. */
    interface Plans {
        Kernel.Plan first(int rows, int outputs);
    }

    /** @param firstRow with a part for each kernel; or null. @param resources released with this */
    ProductTask(List<? extends Portion> kernels, FirstRow firstRow, Resources resources) {
        this.kernels = kernels.toArray(Portion[]::new);
        this.firstRow = firstRow;
        this.resources = resources;
    }

    @Override
    public void run() {
        if (firstRow == null) {
            for (Portion kernel : kernels) {
                kernel.run();
            }
            return;
        }
        boolean changed = firstRow.begin();
        for (int i = 0; i < kernels.length; i++) {
            kernels[i].run();
            if (changed) {
                firstRow.run(i);
            }
        }
        firstRow.finish(changed);
    }

    /** oneDNN's names of the kernels. */
    List<String> implementations() {
        return Arrays.stream(kernels).map(Portion::implementation).distinct().toList();
    }

    @Override
    public void close() {
        resources.close();
    }
}
