package org.mixdq4j.cpu.product;

import org.mixdq4j.cpu.onednn.Resources;

/** Writes weights that are held in another form into the memory where a kernel reads them. */
abstract class Expansion implements Resources.Native {
    private final Resources resources;

    /** @param resources released with this */
    Expansion(Resources resources) {
        this.resources = resources;
    }

    /** To be called before each product. */
    abstract void run();

    @Override
    public void close() {
        resources.close();
    }
}
