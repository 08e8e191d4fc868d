package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/**
 * What {@link Int8Linear} and {@link Int8Conv2d} share: one kernel per segment, the first with the bias, the others adding
 * to its output. Arithmetic as in {@link IntegerLayers}: the sums are exact.
 *
 * <p>One thread at a time; oneDNN uses its own threads inside. Buffers are direct, little-endian, row-major float32, and
 * read or written from their position on. Nothing is allocated by a run but a few small Java objects.
 */
public abstract sealed class Int8Layer implements AutoCloseable permits Int8Linear, Int8Conv2d {
    final Resources resources = new Resources();
    private final Geometry geometry;
    private final List<QuantizedActivation.Part> parts;
    private final Shape inputShape;
    private final Shape outputShape;
    private final Workspace workspace;
    private final boolean ownWorkspace;
    private final NativeMemory stored;
    private final List<SegmentKernel> kernels = new ArrayList<>();
    private ActivationQuantizer quantizer;

    /**
     * @param factors of the input's channels, or empty
     * @param rotation of the channels, or {@link Rotation#NONE}
     * @param workspace shared scratch memory, or null for one of its own
     */
    Int8Layer(
            Geometry geometry,
            List<Segment> segments,
            Optional<float[]> factors,
            int rotation,
            float[] bias,
            Shape inputShape,
            Shape outputShape,
            Workspace workspace) {
        IntegerLayers.check(segments, inputShape.dim(1), geometry.taps());
        if (bias != null && bias.length != geometry.outputs()) {
            throw new IllegalArgumentException(bias.length + " biases for " + geometry.outputs() + " outputs");
        }
        this.geometry = geometry;
        this.parts = QuantizedActivation.Part.of(segments, factors, rotation);
        this.inputShape = inputShape;
        this.outputShape = outputShape;
        this.ownWorkspace = workspace == null;
        this.workspace = ownWorkspace ? new Workspace() : workspace;
        try {
            stored = resources.add(NativeMemory.detached(geometry.output(dnnl_f32)));
            for (Segment segment : segments) {
                boolean first = kernels.isEmpty();
                kernels.add(resources.add(new SegmentKernel(
                        geometry, segment, dnnl_f32, first ? bias : null, !first, stored, this.workspace.weights())));
            }
        } catch (RuntimeException | Error e) {
            resources.close();
            if (ownWorkspace) {
                this.workspace.close();
            }
            throw e;
        }
    }

    /** Quantizes {@code input} of {@link #inputShape} and writes {@link #outputShape} to {@code output}. */
    public final void run(ByteBuffer input, ByteBuffer output) {
        if (quantizer == null) {
            quantizer = new ActivationQuantizer(inputShape, parts, workspace.levels(), workspace);
        }
        run(quantizer.quantize(input), output);
    }

    /**
     * Reads an input that is quantized already.
     *
     * @throws IllegalArgumentException if it was quantized for a layer of another input shape or other parameters
     */
    public final void run(QuantizedActivation input, ByteBuffer output) {
        attachOutput(output);
        requireFit(input);
        for (int i = 0; i < kernels.size(); i++) {
            kernels.get(i).execute(input.memory(i), input.scales(i));
        }
        finishOutput(output);
        Reference.reachabilityFence(output);
    }

    /**
     * The sums of one segment, row-major in {@link #outputShape}, for checks: slow. oneDNN passes them through float32, so
     * they are exact up to 2^24 in magnitude and beyond that rounded as {@code (float) sum} is.
     *
     * @param segment one of those this layer was made from
     */
    public final int[] accumulate(Segment segment, QuantizedActivation input) {
        requireFit(input);
        try (NativeMemory sums = NativeMemory.zeros(geometry.output(dnnl_s32));
                SegmentKernel kernel =
                        new SegmentKernel(geometry, segment, dnnl_s32, null, false, sums, workspace.weights())) {
            kernel.execute(input.memory(part(segment)), Optional.empty());
            int[] out = new int[Math.toIntExact(outputShape.elements())];
            sums.buffer().asIntBuffer().get(out);
            return rowMajor(out);
        }
    }

    /** Shape of the float input: [rows, features] or [B, C, H, W]. */
    public final Shape inputShape() {
        return inputShape;
    }

    /** Shape of the float output: [rows, outputs] or [B, outputs, H', W']. */
    public final Shape outputShape() {
        return outputShape;
    }

    /** How the input has to be quantized; layers with equal parts and shapes can share a {@link QuantizedActivation}. */
    public final List<QuantizedActivation.Part> parts() {
        return parts;
    }

    /** Bytes of weights, scales and biases held; the workspace is not counted. */
    public final long weightBytes() {
        return kernels.stream().mapToLong(SegmentKernel::weightBytes).sum();
    }

    /** The kernels oneDNN chose, as it names them. */
    public final String implementation() {
        return String.join(
                " + ",
                kernels.stream().map(SegmentKernel::implementation).distinct().toList());
    }

    /** Whether one of the kernels is oneDNN's reference loop, a hundred times slower than the others. */
    public final boolean reference() {
        return kernels.stream().anyMatch(kernel -> kernel.implementation().startsWith("ref"));
    }

    @Override
    public final void close() {
        if (quantizer != null) {
            quantizer.close();
        }
        resources.close();
        if (ownWorkspace) {
            workspace.close();
        }
    }

    /** Gives {@link #stored()} its memory for one run. */
    abstract void attachOutput(ByteBuffer output);

    /** Brings what is stored into {@code output}. */
    abstract void finishOutput(ByteBuffer output);

    /** Reorders elements from the stored order. */
    abstract int[] rowMajor(int[] elements);

    /** The output as the kernels write it, channels last. */
    final NativeMemory stored() {
        return stored;
    }

    final Workspace workspace() {
        return workspace;
    }

    private int part(Segment segment) {
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).from() == segment.from()) {
                return i;
            }
        }
        throw new IllegalArgumentException("no segment from " + segment.from() + " in " + parts);
    }

    private void requireFit(QuantizedActivation input) {
        if (!input.fits(inputShape, parts)) {
            throw new IllegalArgumentException("expected an input of " + inputShape + " quantized as " + parts
                    + ", found " + input.shape() + " quantized as " + input.parts());
        }
    }
}
