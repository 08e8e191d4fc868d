package org.mixdq4j.core.network.block;

import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Conv2d.Padding;
import org.mixdq4j.core.graph.op.UpsampleNearest;

/** The convolutions that halve and double an image, as diffusers' Downsample2D and Upsample2D. */
public final class Resampling {
    private Resampling() {}

    /** Halves; without padding, one row and column of zeros go to the bottom and the right. */
    public static Value down(ModuleScope block, Value x, int padding) {
        ModuleScope at = block.child("downsamplers", 0);
        Padding zeros = padding == 0 ? new Padding(0, 1, 0, 1) : Padding.same(padding);
        return at.returns(at.conv("conv", x, x.shape().dim(1), 3, 2, zeros));
    }

    /** Resizes to the given extents, then a 3x3 convolution. */
    public static Value up(ModuleScope block, Value x, int height, int width) {
        ModuleScope at = block.child("upsamplers", 0);
        Value resized = at.op("resize", new UpsampleNearest(height, width), x);
        return at.returns(at.conv("conv", resized, x.shape().dim(1), 3));
    }
}
