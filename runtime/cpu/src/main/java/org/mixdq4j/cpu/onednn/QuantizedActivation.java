package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.util.List;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/**
 * A layer input as unsigned bytes, channels last: what an {@link ActivationQuantizer} wrote last. Any layer whose input
 * has the same shape, the same segments and equal parameters may read it.
 */
public final class QuantizedActivation {
    /** The channels of the input that are quantized with {@code params}: {@code [from, to)}. */
    public record Part(int from, int to, AffineParams params) {
        /** The parts that {@code segments} read. */
        public static List<Part> of(List<Segment> segments) {
            return segments.stream()
                    .map(s -> new Part(s.from(), s.to(), s.activation().orElseThrow()))
                    .toList();
        }
    }

    private final Shape shape;
    private final List<Part> parts;
    private final List<NativeMemory> levels;

    QuantizedActivation(Shape shape, List<Part> parts, List<NativeMemory> levels) {
        this.shape = shape;
        this.parts = parts;
        this.levels = levels;
    }

    /** Shape of the float input: [rows, features] or [B, C, H, W]. */
    public Shape shape() {
        return shape;
    }

    /** The input's channels in order. */
    public List<Part> parts() {
        return parts;
    }

    /** Whether a layer that reads {@code parts} of an input of {@code shape} may read this. */
    public boolean fits(Shape shape, List<Part> parts) {
        return this.shape.equals(shape) && this.parts.equals(parts);
    }

    /** The integers of one part, dense, [rows, to - from] or [B, H, W, to - from]; valid as long as this is. */
    public ByteBuffer levels(int part) {
        return memory(part).buffer();
    }

    NativeMemory memory(int part) {
        return levels.get(part);
    }
}
