package org.mixdq4j.cpu.onednn;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/**
 * A layer input as unsigned bytes, channels last: what an {@link ActivationQuantizer} wrote last. Any layer whose input
 * has the same shape, the same segments and equal parameters may read it.
 */
public final class QuantizedActivation {
    /**
     * The channels {@code [from, to)} of the input.
     *
     * @param params how they are quantized
     * @param factors what each is multiplied by before
     * @param rotation how many are rotated together after that, or {@link Rotation#NONE}
     */
    public record Part(int from, int to, InputQuant params, Optional<FloatBuffer> factors, int rotation) {
        /** Channels that are read as they are. */
        public Part(int from, int to, InputQuant params) {
            this(from, to, params, Optional.empty(), Rotation.NONE);
        }

        /**
         * The parts that {@code segments} read.
         *
         * @param factors one for each channel of the input, or empty
         */
        public static List<Part> of(List<Segment> segments, Optional<float[]> factors, int rotation) {
            return segments.stream()
                    .map(s -> new Part(
                            s.from(),
                            s.to(),
                            s.activation().orElseThrow(),
                            factors.map(all -> FloatBuffer.wrap(Arrays.copyOfRange(all, s.from(), s.to()))),
                            rotation))
                    .toList();
        }

        /** Of an input that is read as it is. */
        public static List<Part> of(List<Segment> segments) {
            return of(segments, Optional.empty(), Rotation.NONE);
        }
    }

    private final Shape shape;
    private final List<Part> parts;
    private final List<PartQuantizer> quantizers;

    QuantizedActivation(Shape shape, List<Part> parts, List<PartQuantizer> quantizers) {
        this.shape = shape;
        this.parts = parts;
        this.quantizers = quantizers;
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

    /** Scales of the rows of one part, if it is quantized token by token. */
    public Optional<FloatBuffer> rowScales(int part) {
        return scales(part).map(memory -> memory.buffer().asFloatBuffer());
    }

    NativeMemory memory(int part) {
        return quantizers.get(part).levels();
    }

    Optional<NativeMemory> scales(int part) {
        return quantizers.get(part).rowScales();
    }
}
