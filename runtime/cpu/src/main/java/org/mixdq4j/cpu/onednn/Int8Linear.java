package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.Rotation;
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
        this(op, segments, Optional.empty(), Rotation.NONE, bias, rows, workspace);
    }

    /**
     * The same with features that are multiplied and rotated first.
     *
     * @param factors one a feature, or empty
     * @param rotation features a run, or {@link Rotation#NONE}
     */
    public Int8Linear(
            Linear op,
            List<Segment> segments,
            Optional<float[]> factors,
            int rotation,
            float[] bias,
            int rows,
            Workspace workspace) {
        super(
                geometry(op, segments, bias, rows),
                segments,
                factors,
                rotation,
                bias,
                Shape.of(rows, op.inputs()),
                Shape.of(rows, op.outputs()),
                workspace);
    }

    private static MatmulGeometry geometry(Linear op, List<Segment> segments, float[] bias, int rows) {
        return segments.stream()
                .filter(Segment::perToken)
                .findFirst()
                .map(s -> MatmulGeometry.withRowScales(rows, op.outputs(), s.to() - s.from(), bias != null))
                .orElseGet(() -> new MatmulGeometry(rows, op.outputs()));
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
