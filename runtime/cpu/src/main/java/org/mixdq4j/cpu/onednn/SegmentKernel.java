package org.mixdq4j.cpu.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.quant.IntegerLayers;
import org.mixdq4j.core.quant.Segment;

/** The product of one segment: unsigned bytes times packed signed bytes, scaled to float or left as 32-bit sums. */
final class SegmentKernel implements Resources.Native {
    private final Resources resources = new Resources();
    private final NativeMemory input;
    private final Primitive product;
    private final NativeMemory rowScales;
    private final List<Primitive> copies = new ArrayList<>();
    private final ProductWeights weights;
    private long parameterBytes;

    /**
     * @param outputType {@code dnnl_f32} for scaled floats, {@code dnnl_s32} for the sums themselves
     * @param bias one per output, or null
     * @param accumulate whether to add to the output instead of overwriting it
     * @param output bound once for all runs, channels last
     * @param scratch for weights while they are not packed
     */
    SegmentKernel(
            Geometry plan,
            Segment segment,
            int outputType,
            float[] bias,
            boolean accumulate,
            NativeMemory output,
            Workspace.Block scratch) {
        int channels = segment.to() - segment.from();
        int zeroPoint = segment.zeroPoint();
        boolean bordered = zeroPoint != 0 && borderPays(plan, segment);
        Geometry geometry = bordered ? plan.withBorder() : plan;
        PairSafeWeights plain = new PairSafeWeights(
                segment, geometry.taps(), channels, OneDnn.get().vnni());
        try (Attributes attributes = new Attributes()) {
            Primitive.Binding binding = new Primitive.Binding();
            if (zeroPoint != 0) {
                attributes.zeroPoint(DNNL_ARG_SRC);
                binding.bind(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, integer(zeroPoint));
            }
            if (outputType == dnnl_f32) {
                attributes.scales(DNNL_ARG_WEIGHTS, geometry.scaleMask());
                binding.bind(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, scales(segment));
            }
            boolean scalesRows = outputType == dnnl_f32 && segment.perToken();
            if (scalesRows) {
                rowScales = resources.add(NativeMemory.detached(((MatmulGeometry) geometry).rowScales()));
                binding.bind(attributes.multiply(rowScales.layout()), rowScales);
            } else {
                rowScales = null;
            }
            // oneDNN adds its own bias before all other operations, which is too early where rows are scaled.
            dnnl_memory_desc biasLayout = bias == null ? null : geometry.bias();
            boolean addsBias = bias != null && scalesRows;
            int biasArgument = addsBias ? attributes.add(biasLayout) : DNNL_ARG_BIAS;
            if (accumulate) {
                attributes.accumulate();
            }
            dnnl_memory_desc packedAny = geometry.packedWeights(plain.channels());
            dnnl_memory_desc inputLayout = geometry.input(plain.channels());
            OpenMp.plan(OpenMp.worthDividingProduct(output, (long) plain.channels() * geometry.taps()));
            dnnl_primitive_desc description = geometry.describe(
                    inputLayout, packedAny, addsBias ? null : biasLayout, output.layout(), attributes);
            dnnl_memory_desc_destroy(packedAny);
            weights = resources.add(new ProductWeights(
                    geometry, segment, plain, Primitive.layout(description, DNNL_ARG_WEIGHTS), scratch));
            binding.bind(DNNL_ARG_WEIGHTS, weights.memory());
            if (bias != null) {
                NativeMemory biases = parameter(biasLayout);
                biases.buffer().asFloatBuffer().put(bias);
                binding.bind(biasArgument, biases);
            }
            NativeMemory source;
            if (plain.split() || bordered) {
                source = resources.add(NativeMemory.filled(inputLayout, bordered ? zeroPoint : 0));
                input = resources.add(NativeMemory.detached(plan.input(channels)));
                for (int first = 0; first < plain.channels(); first += channels) {
                    copies.add(copy(geometry, source, channels, plain.channels(), first));
                }
            } else {
                source = resources.add(NativeMemory.detached(inputLayout));
                input = source;
            }
            product = resources.add(binding.bind(DNNL_ARG_SRC, source)
                    .bind(DNNL_ARG_DST, output)
                    .compile(description));
        } catch (RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /** @param scales of the rows, where the segment has some */
    void execute(NativeMemory levels, Optional<NativeMemory> scales) {
        input.attach(levels);
        if (rowScales != null) {
            rowScales.attach(scales.orElseThrow());
        }
        for (Primitive copy : copies) {
            copy.execute();
        }
        weights.expand();
        product.execute();
    }

    /** Bytes of weights, scales and biases. */
    long weightBytes() {
        return weights.bytes() + parameterBytes;
    }

    String implementation() {
        return product.implementation();
    }

    @Override
    public void close() {
        resources.close();
    }

    /**
     * Without a border in memory, oneDNN corrects the zero point at the edges by a sum over the weights for each way a
     * kernel can reach beyond them, at every run. To copy the input into a border takes less unless the image is large and
     * the weights are few, and then the border would take memory as well.
     */
    private static boolean borderPays(Geometry plan, Segment segment) {
        dnnl_memory_desc input = plan.withBorder().input(segment.to() - segment.from());
        long bytes = dnnl_memory_desc_get_size(input);
        dnnl_memory_desc_destroy(input);
        return !plan.withBorder().equals(plan)
                && bytes <= segment.weight().shape().elements();
    }

    /** Copies the input to {@code channels} of the {@code all} in {@code source}, inside its border. */
    private Primitive copy(Geometry geometry, NativeMemory source, int channels, int all, int first) {
        NativeMemory part = resources.add(NativeMemory.detached(geometry.inside(channels, all)));
        long offset = geometry.border(all) + first;
        part.attach(source, offset, source.bytes() - offset);
        return resources.add(Primitive.reorder(input, part, null, new Primitive.Binding()));
    }

    private NativeMemory parameter(dnnl_memory_desc layout) {
        NativeMemory memory = resources.add(NativeMemory.zeros(layout));
        parameterBytes += memory.bytes();
        return memory;
    }

    private NativeMemory scales(Segment segment) {
        int outputs = segment.weightScale().length;
        NativeMemory memory = parameter(NativeMemory.rowMajor(dnnl_f32, outputs));
        ByteBuffer bytes = memory.buffer();
        for (int output = 0; output < outputs; output++) {
            bytes.putFloat(4 * output, IntegerLayers.outputScale(segment, output));
        }
        return memory;
    }

    private NativeMemory integer(int value) {
        NativeMemory memory = parameter(NativeMemory.rowMajor(dnnl_s32, 1));
        memory.buffer().putInt(0, value);
        return memory;
    }
}
