package org.mixdq4j.cpu.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.tensor.Shape;

/**
 * Turns a float input, row-major [rows, features] or [B, C, H, W], into the integers of {@link AffineParams#quantize} or
 * {@link TokenParams#quantize}, bit for bit, with channels last. A value that is not a number becomes 0, as there. One thread at a time.
 */
public final class ActivationQuantizer implements AutoCloseable {
    private final Resources resources = new Resources();
    private final Shape shape;
    private final Workspace.Block levels;
    private final Workspace.Block scratch;
    private final QuantizedActivation activation;
    private final List<PartQuantizer> parts = new ArrayList<>();
    private final long[] offsets;

    /**
     * A quantizer whose result has memory of its own and stays until the next run.
     *
     * @param parts the channels of the input in order
     * @param workspace scratch memory shared with layers of the same thread
     */
    public ActivationQuantizer(Shape shape, List<QuantizedActivation.Part> parts, Workspace workspace) {
        this(shape, parts, new Workspace.Block(), workspace);
        resources.add(levels);
    }

    /** A quantizer that writes to {@code levels}, which others may overwrite. */
    ActivationQuantizer(
            Shape shape, List<QuantizedActivation.Part> parts, Workspace.Block levels, Workspace workspace) {
        if (shape.rank() != 2 && shape.rank() != 4) {
            throw new IllegalArgumentException("expected [rows, features] or [B, C, H, W], found " + shape);
        }
        this.shape = shape;
        this.levels = levels;
        this.scratch = workspace.planes();
        this.offsets = new long[parts.size()];
        try {
            long bytes = 0;
            for (int i = 0; i < offsets.length; i++) {
                PartQuantizer part = resources.add(PartQuantizer.of(shape, parts.get(i)));
                this.parts.add(part);
                offsets[i] = bytes;
                bytes += Workspace.aligned(part.levels().bytes());
                scratch.reserve(part.scratchBytes());
            }
            levels.reserve(bytes);
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
        activation = new QuantizedActivation(shape, List.copyOf(parts), this.parts);
    }

    /**
     * Quantizes {@code input}, direct and little-endian, from its position on. The result is the same object at each call,
     * with new integers.
     */
    public QuantizedActivation quantize(ByteBuffer input) {
        if (input.remaining() < 4 * shape.elements()) {
            throw new IllegalArgumentException(input.remaining() + " bytes are no float32 input of shape " + shape);
        }
        for (int i = 0; i < offsets.length; i++) {
            parts.get(i).run(input, levels, offsets[i], scratch);
        }
        levels.writtenBy(this);
        Reference.reachabilityFence(input);
        return activation;
    }

    /** Whether the result of the last call is still there: nobody else wrote to the same memory. */
    boolean holdsLast() {
        return levels.writer() == this;
    }

    /** The kernels in use. */
    public String implementation() {
        return String.join(
                " + ",
                parts.stream().map(PartQuantizer::implementation).distinct().toList());
    }

    @Override
    public void close() {
        resources.close();
    }
}
