package org.mixdq4j.cpu.onednn;

import java.util.List;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;

/**
 * What a layer's product looks like to oneDNN. Inputs are unsigned bytes with the channel axis last, [rows, channels] or
 * NHWC; outputs have it last too.
 */
sealed interface Geometry permits MatmulGeometry, ConvGeometry {
    int outputs();

    /** Products added up per channel. */
    int taps();

    /** The layout of an input of {@code channels} channels, with its border where that is part of it. */
    dnnl_memory_desc input(int channels);

    /** The layout of {@code channels} channels of an input that has {@code all}, without border. */
    dnnl_memory_desc inside(int channels, int all);

    /** Bytes before the first element inside the border of an input of {@code channels} channels. */
    default long border(int channels) {
        return 0;
    }

    /** The same product of an input that has its border, of zero points, in memory; this if it has none. */
    default Geometry withBorder() {
        return this;
    }

    /** The layout of signed bytes [outputs, channels, taps] in row-major order. */
    dnnl_memory_desc plainWeights(int channels);

    dnnl_memory_desc packedWeights(int channels);

    /** What the axes of the weights count, in their order. */
    List<WeightLayout.Meaning> weightAxes();

    dnnl_memory_desc bias();

    dnnl_memory_desc output(int type);

    /** Which axes of the weights have a scale per entry. */
    int scaleMask();

    dnnl_primitive_desc describe(
            dnnl_memory_desc input,
            dnnl_memory_desc weights,
            dnnl_memory_desc bias,
            dnnl_memory_desc output,
            Attributes attributes);
}
