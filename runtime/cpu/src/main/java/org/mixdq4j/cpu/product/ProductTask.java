package org.mixdq4j.cpu.product;

import java.util.Arrays;
import java.util.List;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Task;

/** The kernels of one product in their order. */
final class ProductTask implements Task {
    private final Resources resources;
    private final Kernel[] kernels;
    private final FirstRow firstRow;

    /** @param firstRow with a part for each kernel; or null. @param resources released with this */
    ProductTask(List<Kernel> kernels, FirstRow firstRow, Resources resources) {
        this.kernels = kernels.toArray(Kernel[]::new);
        this.firstRow = firstRow;
        this.resources = resources;
    }

    @Override
    public void run() {
        if (firstRow == null) {
            for (Kernel kernel : kernels) {
                kernel.run();
            }
            return;
        }
        firstRow.begin();
        for (int i = 0; i < kernels.length; i++) {
            kernels[i].run();
            firstRow.run(i);
        }
        firstRow.finish();
    }

    /** oneDNN's names of the kernels. */
    List<String> implementations() {
        return Arrays.stream(kernels).map(Kernel::implementation).distinct().toList();
    }

    @Override
    public void close() {
        resources.close();
    }
}
