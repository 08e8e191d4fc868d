package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;

/** The product of one segment: unsigned bytes times packed signed bytes, scaled to float or left as 32-bit sums. */
final class SegmentKernel implements Resources.Native {
    private final Resources resources = new Resources();
    private final NativeMemory input;
    private final Primitive product;
    private final List<Primitive> copies;

    /**
     * @param outputType {@code dnnl_f32} for scaled floats, {@code dnnl_s32} for the sums themselves
     * @param bias one per output, or null
     * @param accumulate whether to add to the output instead of overwriting it
     * @param output bound once for all runs, channels last
     */
    SegmentKernel(
            Geometry geometry, Segment segment, int outputType, float[] bias, boolean accumulate, NativeMemory output) {
        int channels = segment.to() - segment.from();
        PairSafeWeights plain = new PairSafeWeights(
                segment, geometry.taps(), channels, OneDnn.get().vnni());
        try (Attributes attributes = new Attributes()) {
            Primitive.Binding binding = new Primitive.Binding();
            int zeroPoint = segment.activation().orElseThrow().zeroPoint();
            if (zeroPoint != 0) {
                attributes.zeroPoint(DNNL_ARG_SRC);
                binding.bind(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, integer(zeroPoint));
            }
            if (outputType == dnnl_f32) {
                attributes.scales(DNNL_ARG_WEIGHTS, geometry.scaleMask());
                binding.bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales(segment));
            }
            if (accumulate) {
                attributes.accumulate();
            }
            dnnl_memory_desc packedAny = geometry.packedWeights(plain.channels());
            dnnl_memory_desc inputLayout = geometry.input(plain.channels());
            dnnl_memory_desc biasLayout = bias == null ? null : geometry.bias();
            boolean threaded = OpenMp.worthDividingProduct(output, (long) plain.channels() * geometry.taps());
            OpenMp.threads(threaded);
            dnnl_primitive_desc description =
                    geometry.describe(inputLayout, packedAny, biasLayout, output.layout(), attributes);
            dnnl_memory_desc_destroy(packedAny);
            binding.bind(DNNL_ARG_WEIGHTS, pack(geometry, plain, Primitive.layout(description, DNNL_ARG_WEIGHTS)));
            if (bias != null) {
                NativeMemory biases = resources.add(NativeMemory.zeros(biasLayout));
                biases.buffer().asFloatBuffer().put(bias);
                binding.bind(DNNL_ARG_BIAS, biases);
            }
            NativeMemory source;
            if (plain.split()) {
                source = resources.add(NativeMemory.zeros(inputLayout));
                input = resources.add(NativeMemory.detached(NativeMemory.rowMajor(dnnl_u8, geometry.rows(), channels)));
                copies = List.of(
                        copy(input, source, geometry.rows(), channels, 0),
                        copy(input, source, geometry.rows(), channels, channels));
            } else {
                source = resources.add(NativeMemory.detached(inputLayout));
                input = source;
                copies = List.of();
            }
            product = resources.add(binding.bind(DNNL_ARG_SRC, source)
                    .bind(DNNL_ARG_DST, output)
                    .compile(description, threaded));
        } catch (RuntimeException e) {
            resources.close();
            throw e;
        }
    }

    void execute(NativeMemory levels) {
        input.attach(levels);
        for (Primitive copy : copies) {
            copy.execute();
        }
        product.execute();
    }

    String implementation() {
        return product.implementation();
    }

    @Override
    public void close() {
        resources.close();
    }

    /** Copies the input to {@code channels} of {@code twice} from {@code offset} on. */
    private Primitive copy(NativeMemory once, NativeMemory twice, long rows, int channels, int offset) {
        dnnl_memory_desc layout = NativeMemory.strided(dnnl_u8, new long[] {rows, channels}, 2L * channels, 1);
        NativeMemory half = resources.add(NativeMemory.detached(layout));
        half.attach(twice, offset, (2 * rows - 1) * channels);
        return resources.add(Primitive.reorder(once, half, null, new Primitive.Binding()));
    }

    private NativeMemory pack(Geometry geometry, PairSafeWeights plain, dnnl_memory_desc layout) {
        NativeMemory packed = resources.add(NativeMemory.allocate(layout));
        try (NativeMemory source = NativeMemory.zeros(geometry.plainWeights(plain.channels()))) {
            plain.write(source.buffer());
            try (Primitive reorder = Primitive.reorder(source, packed, null, new Primitive.Binding())) {
                reorder.execute();
            }
        }
        return packed;
    }

    private NativeMemory scales(Segment segment) {
        int outputs = segment.weightScale().length;
        NativeMemory memory = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_f32, outputs)));
        ByteBuffer bytes = memory.buffer();
        for (int output = 0; output < outputs; output++) {
            bytes.putFloat(4 * output, IntegerLayers.outputScale(segment, output));
        }
        return memory;
    }

    private NativeMemory integer(int value) {
        NativeMemory memory = resources.add(NativeMemory.zeros(NativeMemory.rowMajor(dnnl_s32, 1)));
        memory.buffer().putInt(0, value);
        return memory;
    }
}
