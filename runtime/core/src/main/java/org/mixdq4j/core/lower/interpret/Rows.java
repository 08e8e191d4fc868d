package org.mixdq4j.core.lower.interpret;

import org.mixdq4j.core.tensor.Shape;

/** The numbers a step works on: row-major, features last. */
record Rows(float[] values, Shape shape) {
    int columns() {
        return shape.dim(-1);
    }

    int count() {
        return values.length / columns();
    }

    /** Rows that belong to one sample. */
    int perSample() {
        return count() / shape.dim(0);
    }
}
