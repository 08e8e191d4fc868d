package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.Shape;

/**
 * Turns a float input, row-major [rows, features] or [B, C, H, W], into the integers of {@link AffineParams#quantize}, bit
 * for bit, with channels last. A value that is not a number becomes 0, as there.
 *
 * <p>oneDNN's reorder does scale, zero point, rounding, saturation and the change of layout in one pass, and multiplies
 * and adds without fusing. The scale is given as the source's, so that it multiplies by {@link AffineParams#inverseScale}.
 * Not thread-safe.
 */
public final class ActivationQuantizer implements AutoCloseable {
    private final Resources resources = new Resources();
    private final Shape shape;
    private final Workspace.Block block;
    private final QuantizedActivation activation;
    private final List<Step> steps = new ArrayList<>();
    private long bytes;

    /** How one part is read, where it goes, and what writes it; {@code clip} only for fewer than 8 bits. */
    private record Step(
            NativeMemory source, int sourceOffset, NativeMemory target, long targetOffset, Primitive quantize, Primitive clip) {}

    /** A quantizer with memory of its own: what it wrote stays until its next run. */
    public ActivationQuantizer(Shape shape, List<QuantizedActivation.Part> parts) {
        this(shape, parts, new Workspace.Block());
        resources.add(block);
    }

    /** A quantizer that writes to {@code block}, which others may overwrite. */
    ActivationQuantizer(Shape shape, List<QuantizedActivation.Part> parts, Workspace.Block block) {
        if (shape.rank() != 2 && shape.rank() != 4) {
            throw new IllegalArgumentException("expected [rows, features] or [B, C, H, W], found " + shape);
        }
        this.shape = shape;
        this.block = block;
        try {
            for (QuantizedActivation.Part part : parts) {
                steps.add(step(part));
            }
            block.reserve(bytes);
        } catch (RuntimeException e) {
            resources.close();
            throw e;
        }
        activation = new QuantizedActivation(
                shape, List.copyOf(parts), steps.stream().map(Step::target).toList());
    }

    /**
     * Quantizes {@code input}, direct and little-endian, from its position on. The result is the same object at each call,
     * with new integers.
     */
    public QuantizedActivation quantize(ByteBuffer input) {
        for (Step step : steps) {
            step.source.attach(input, step.sourceOffset);
            step.target.attach(block.memory(), step.targetOffset);
            step.quantize.execute();
            if (step.clip != null) {
                step.clip.execute();
            }
        }
        Reference.reachabilityFence(input);
        return activation;
    }

    /** The kernels in use. */
    public String implementation() {
        return String.join(
                " + ", steps.stream().map(s -> s.quantize.implementation()).distinct().toList());
    }

    @Override
    public void close() {
        resources.close();
    }

    private Step step(QuantizedActivation.Part part) {
        int channels = part.to() - part.from();
        boolean image = shape.rank() == 4;
        int plane = image ? shape.dim(2) * shape.dim(3) : 1;
        long[] dims = shape.with(1, channels).toLongArray();
        long item = (long) shape.dim(1) * plane;
        NativeMemory source = resources.add(NativeMemory.detached(
                image
                        ? NativeMemory.strided(dnnl_f32, dims, item, plane, shape.dim(3), 1)
                        : NativeMemory.strided(dnnl_f32, dims, item, 1)));
        NativeMemory target = resources.add(NativeMemory.detached(
                image
                        ? ConvGeometry.channelsLast(dnnl_u8, shape.with(1, channels))
                        : NativeMemory.rowMajor(dnnl_u8, dims)));
        long offset = bytes;
        bytes += (target.bytes() + 63) / 64 * 64;
        Primitive clip = part.params().bits() == 8 ? null : clip(target, part.params().maxLevel());
        return new Step(
                source, 4 * part.from() * plane, target, offset, quantize(source, target, part.params()), clip);
    }

    private Primitive quantize(NativeMemory source, NativeMemory target, AffineParams params) {
        NativeMemory scale = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_f32, 1)));
        scale.buffer().putFloat(0, params.inverseScale());
        NativeMemory zeroPoint = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_s32, 1)));
        zeroPoint.buffer().putInt(0, params.zeroPoint());
        try (Attributes attributes = new Attributes().scales(DNNL_ARG_FROM, 0).zeroPoint(DNNL_ARG_TO)) {
            Primitive.Binding binding = new Primitive.Binding()
                    .bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_FROM, scale)
                    .bind(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_TO, zeroPoint);
            return resources.add(Primitive.reorder(source, target, attributes, binding));
        }
    }

    /** The reorder saturates at 255; {@code min(level, largest)} in place does the rest. */
    private Primitive clip(NativeMemory levels, int largest) {
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        dnnl_memory_desc layout = levels.layout();
        OneDnn.check(
                dnnl_eltwise_forward_primitive_desc_create(
                        description,
                        OneDnn.get().engine(),
                        dnnl_forward_inference,
                        dnnl_eltwise_clip,
                        layout,
                        layout,
                        0,
                        largest,
                        null),
                "plan to clip integers at " + largest);
        return resources.add(new Primitive.Binding()
                .bind(DNNL_ARG_SRC, levels)
                .bind(DNNL_ARG_DST, levels)
                .compile(description));
    }
}
