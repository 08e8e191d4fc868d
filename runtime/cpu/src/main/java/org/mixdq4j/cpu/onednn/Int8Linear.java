package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.util.List;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/** A Linear over [rows, features] in integers. */
public final class Int8Linear extends Int8Layer {
    /**
     * Packs the weights; {@code segments} and {@code bias} are not needed afterwards.
     *
     * @param segments integer, covering the features in order
     * @param bias one per output, or null
     * @param rows of the input, all axes but the last flattened
     * @param workspace scratch memory shared with layers of the same thread, or null for one of its own
     * @throws org.mixdq4j.core.error.MixdqException if oneDNN cannot be loaded or has no kernel
     */
    public Int8Linear(Linear op, List<Segment> segments, float[] bias, int rows, Workspace workspace) {
        super(
                new MatmulGeometry(rows, op.outputs()),
                segments,
                bias,
                Shape.of(rows, op.inputs()),
                Shape.of(rows, op.outputs()),
                workspace);
    }

    @Override
    void attachOutput(ByteBuffer output) {
        stored().attach(output);
    }

    @Override
    void finishOutput(ByteBuffer output) {}

    @Override
    int[] rowMajor(int[] elements) {
        return elements;
    }
}
