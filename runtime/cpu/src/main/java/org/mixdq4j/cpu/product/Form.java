package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.cpu.onednn.Attributes;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.WeightLayout;

/** What a product looks like to oneDNN: rows or an image. Every layout that is returned is the caller's to destroy. */
sealed interface Form permits RowsForm, ImageForm {
    int outputs();

    /** Products added up for each input channel. */
    int taps();

    /** A value of {@code channels} channels that is read or written whole. */
    dnnl_memory_desc source(View view);

    dnnl_memory_desc result(View view);

    /** One F32 for each output. */
    dnnl_memory_desc perOutput();

    /** Scales of the weights, one an output. */
    default dnnl_memory_desc scales() {
        return NativeMemory.rowMajor(dnnl_f32, outputs());
    }

    /** The same as oneDNN wants a bias that it adds before all else. */
    default dnnl_memory_desc bias() {
        return perOutput();
    }

    /** One F32 for each row. */
    dnnl_memory_desc perRow();

    /** Row-major weights [outputs, channels, taps] of a oneDNN type. */
    dnnl_memory_desc plainWeights(int type, int channels);

    /** Weights in the layout the kernel likes best. */
    dnnl_memory_desc anyWeights(int type, int channels);

    /** What the axes of the weights count. */
    java.util.List<WeightLayout.Meaning> weightAxes();

    /** Which axes of the weights have a scale an entry. */
    int scaleMask();

    dnnl_primitive_desc describe(
            dnnl_memory_desc source,
            dnnl_memory_desc weights,
            dnnl_memory_desc bias,
            dnnl_memory_desc result,
            Attributes attributes);
}
