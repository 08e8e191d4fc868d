package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.tensor.Shape;

/** Quantizes the channels of one part of an input. */
interface PartQuantizer extends Resources.Native {
    /** @param shape of the whole input, [rows, features] or [B, C, H, W] */
    static PartQuantizer of(Shape shape, QuantizedActivation.Part part) {
        return part.factors().isEmpty()
                        && part.rotation() == Rotation.NONE
                        && part.params() instanceof AffineParams params
                ? new ReorderQuantizer(shape, part.from(), part.to(), params)
                : new RowQuantizer(shape, part);
    }

    /**
     * Writes the integers to memory from {@code offset} on, which {@link #levels} then stands for.
     *
     * @param scratch at least {@link #scratchBytes}
     */
    void run(ByteBuffer input, Workspace.Block to, long offset, Workspace.Block scratch);

    /** The integers, channels last. */
    NativeMemory levels();

    /** Scales of the rows, F32 [rows, 1], if rows have scales of their own. */
    default Optional<NativeMemory> rowScales() {
        return Optional.empty();
    }

    default long scratchBytes() {
        return 0;
    }

    /** The kernel in use. */
    String implementation();
}
