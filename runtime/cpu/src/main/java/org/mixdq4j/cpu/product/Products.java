package org.mixdq4j.cpu.product;

import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.cpu.onednn.OneDnn;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Arena;
import org.mixdq4j.cpu.session.Task;

/** Makes the products of one session. */
public final class Products {
    private final IntegerProducts integers;
    private final FloatProducts floats;

    /** @param scratch to be allocated when all products are made */
    public Products(LayerWeights weights, Arena arena, Scratch scratch, Borders borders) {
        integers = new IntegerProducts(weights, arena, scratch, borders);
        floats = new FloatProducts(weights, arena, scratch);
    }

    /** A product bound to its memory. Several threads may ask, each for products of its own. */
    public Task create(Product step) {
        Resources resources = new Resources();
        try {
            return step.integer() ? integers.create(step, resources) : floats.create(step, resources);
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /** Whether GEGLU of its result can be part of a product. */
    public static boolean gates(Product step) {
        return step.integer()
                && step.op() instanceof Linear
                && step.inputs().size() == 1
                && step.firstRow().isEmpty()
                && step.then().isEmpty()
                && step.op().outputs() % (2 * IntegerProducts.BLOCK) == 0
                && OneDnn.get().vnni();
    }
}
