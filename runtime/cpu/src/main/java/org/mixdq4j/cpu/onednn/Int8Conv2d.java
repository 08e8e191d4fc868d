package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;

/**
 * A Conv2d over [B, C, H, W] in integers. The border is real zero, not the integer 0: oneDNN corrects the zero point with
 * the taps that fall inside. A 1x1 kernel of stride 1 without border is a product of rows.
 */
public final class Int8Conv2d extends Int8Layer {
    private final NativeMemory channelsLast;
    private final NativeMemory output;
    private final Primitive toRowMajor;

    /**
     * Packs the weights; {@code segments} and {@code bias} are not needed afterwards.
     *
     * @param segments integer, covering the channels in order
     * @param bias one per output channel, or null
     * @param input [B, C, H, W]
     * @param workspace scratch memory shared with layers of the same thread, or null for one of its own
     * @throws org.mixdq4j.core.error.MixdqException if oneDNN cannot be loaded or has no kernel
     */
    public Int8Conv2d(Conv2d op, List<Segment> segments, float[] bias, Shape input, Workspace workspace) {
        super(
                geometry(op, input),
                segments,
                Optional.empty(),
                Rotation.NONE,
                bias,
                input,
                op.outputShape(List.of(input)),
                workspace);
        try {
            channelsLast = resources.add(NativeMemory.detached(ConvGeometry.channelsLast(dnnl_f32, outputShape())));
            output = resources.add(NativeMemory.detached(
                    NativeMemory.rowMajor(dnnl_f32, outputShape().toLongArray())));
            toRowMajor = resources.add(Primitive.reorder(channelsLast, output, null, new Primitive.Binding()));
            workspace().outputs().reserve(channelsLast.bytes());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    void attachOutput(ByteBuffer to) {
        output.attach(to);
        channelsLast.attach(workspace().outputs().memory());
        stored().attach(workspace().outputs().memory());
    }

    @Override
    void finishOutput(ByteBuffer to) {
        toRowMajor.execute();
    }

    @Override
    int[] rowMajor(int[] elements) {
        int channels = outputShape().dim(1);
        int plane = outputShape().dim(2) * outputShape().dim(3);
        int[] out = new int[elements.length];
        for (int i = 0; i < elements.length; i++) {
            int pixel = i / channels;
            out[(pixel / plane * channels + i % channels) * plane + pixel % plane] = elements[i];
        }
        return out;
    }

    private static Geometry geometry(Conv2d op, Shape input) {
        boolean rows = op.kernelHeight() == 1
                && op.kernelWidth() == 1
                && op.stride() == 1
                && op.padding().equals(Conv2d.Padding.same(0));
        return rows ? new MatmulGeometry(input.with(1, 1).elements(), op.outputs()) : new ConvGeometry(op, input);
    }
}
