package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.tensor.Shape;

/**
 * Quantizes channels of one range for all values. An image is quantized plane by plane and its bytes are transposed after that: in one
 * pass the transposition of floats takes two to five times as long. The planes lie {@value #PLANE_GAP} bytes further apart
 * than they are large, since planes of a power of two compete for the same cache lines.
 */
final class ReorderQuantizer implements PartQuantizer {
    private static final int PLANE_GAP = 64;

    private final Resources resources = new Resources();
    private final int sourceOffset;
    private final long sourceExtent;
    private final NativeMemory source;
    private final NativeMemory planes;
    private final NativeMemory levels;
    private final List<Primitive> steps = new ArrayList<>();

    ReorderQuantizer(Shape shape, int from, int to, AffineParams params) {
        int channels = to - from;
        boolean image = shape.rank() == 4;
        int plane = image ? shape.dim(2) * shape.dim(3) : 1;
        long gap = plane + PLANE_GAP;
        long item = (long) shape.dim(1) * plane;
        sourceOffset = Math.toIntExact(4L * from * plane);
        sourceExtent = 4 * ((shape.dim(0) - 1) * item + (long) channels * plane);
        try {
            if (image) {
                long[] dims = {shape.dim(0), channels, plane};
                source = detached(NativeMemory.strided(dnnl_f32, dims, item, plane, 1));
                planes = detached(NativeMemory.strided(dnnl_u8, dims, channels * gap, gap, 1));
                levels = detached(NativeMemory.strided(dnnl_u8, dims, (long) channels * plane, 1, channels));
                steps.add(quantize(source, planes, params));
                steps.add(resources.add(Primitive.reorder(planes, levels, null, new Primitive.Binding())));
            } else {
                long[] dims = {shape.dim(0), channels};
                source = detached(NativeMemory.strided(dnnl_f32, dims, item, 1));
                planes = null;
                levels = detached(NativeMemory.rowMajor(dnnl_u8, dims));
                steps.add(quantize(source, levels, params));
            }
            if (params.bits() < 8) {
                steps.add(clip(levels, params.maxLevel()));
            }
        } catch (RuntimeException e) {
            resources.close();
            throw e;
        }
    }

    @Override
    public void run(ByteBuffer input, Workspace.Block to, long offset, Workspace.Block scratch) {
        source.attach(input, sourceOffset, sourceExtent);
        levels.attach(to.memory(), offset, levels.bytes());
        if (planes != null) {
            planes.attach(scratch.memory());
        }
        for (Primitive step : steps) {
            step.execute();
        }
    }

    @Override
    public NativeMemory levels() {
        return levels;
    }

    @Override
    public long scratchBytes() {
        return planes == null ? 0 : planes.bytes();
    }

    @Override
    public String implementation() {
        return steps.get(0).implementation();
    }

    @Override
    public void close() {
        resources.close();
    }

    private NativeMemory detached(dnnl_memory_desc layout) {
        return resources.add(NativeMemory.detached(layout));
    }

    /**
     * The reorder multiplies by the source's scale, adds the zero point, rounds half to even and saturates to 0..255, none
     * of it fused. Given as the destination's, the scale would be a divisor.
     */
    private Primitive quantize(NativeMemory from, NativeMemory to, AffineParams params) {
        NativeMemory scale = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_f32, 1)));
        scale.buffer().putFloat(0, params.inverseScale());
        NativeMemory zeroPoint = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_s32, 1)));
        zeroPoint.buffer().putInt(0, params.zeroPoint());
        try (Attributes attributes = new Attributes().scales(DNNL_ARG_FROM, 0).zeroPoint(DNNL_ARG_TO)) {
            Primitive.Binding binding = new Primitive.Binding()
                    .bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_FROM, scale)
                    .bind(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_TO, zeroPoint);
            return resources.add(Primitive.reorder(from, to, attributes, binding));
        }
    }

    /** The reorder saturates at 255; {@code min(level, largest)} in place does the rest. */
    private Primitive clip(NativeMemory bytes, int largest) {
        OpenMp.plan(OpenMp.worthDividingCopy(bytes));
        dnnl_primitive_desc description = new dnnl_primitive_desc();
        OneDnn.check(
                dnnl_eltwise_forward_primitive_desc_create(
                        description,
                        OneDnn.get().engine(),
                        dnnl_forward_inference,
                        dnnl_eltwise_clip,
                        bytes.layout(),
                        bytes.layout(),
                        0,
                        largest,
                        null),
                "plan to clip integers at " + largest);
        return resources.add(new Primitive.Binding()
                .bind(DNNL_ARG_SRC, bytes)
                .bind(DNNL_ARG_DST, bytes)
                .compile(description));
    }
}
