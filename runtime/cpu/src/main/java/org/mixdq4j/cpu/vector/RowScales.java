package org.mixdq4j.cpu.vector;

import java.nio.FloatBuffer;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.cpu.session.Arena;

/** Where the scales of rows are written: one after the other. */
final class RowScales {
    private final FloatBuffer floats;
    private final int base;

    RowScales(View view, int rows, Arena arena) {
        if (view.value().type() != DType.F32 || view.shape().elements() != rows || !view.isDense()) {
            throw new IllegalArgumentException("scales of " + rows + " rows are expected to be dense F32: " + view);
        }
        floats = arena.buffer(view.value()).asFloatBuffer();
        base = Math.toIntExact(view.offset());
    }

    void put(int row, float scale) {
        floats.put(base + row, scale);
    }
}
