package org.mixdq4j.core.network.unet;

import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.block.Tokens;

/** diffusers' Transformer2DModel on images: transformer blocks over the positions, inside a residual. */
record SpatialTransformer(boolean linearProjection, int groups, Value text) {
    // Not configurable in diffusers: neither follows the UNet's norm_eps.
    private static final double GROUP_NORM_EPSILON = 1e-6;
    private static final double LAYER_NORM_EPSILON = 1e-5;

    /** [B, C, H, W] to the same. */
    Value build(ModuleScope at, Value x, int heads, int blocks) {
        int channels = x.shape().dim(1);
        int height = x.shape().dim(2);
        int width = x.shape().dim(3);
        Value h = at.groupNorm("norm", x, groups, GROUP_NORM_EPSILON);
        h = linearProjection
                ? at.linear("proj_in", Tokens.of(at, h), channels, true)
                : Tokens.of(at, at.conv("proj_in", h, channels, 1));
        for (int i = 0; i < blocks; i++) {
            h = block(at.child("transformer_blocks", i), h, heads);
        }
        h = linearProjection
                ? Tokens.toImage(at, at.linear("proj_out", h, channels, true), height, width)
                : at.conv("proj_out", Tokens.toImage(at, h, height, width), channels, 1);
        return at.returns(at.add("add", x, h));
    }

    private Value block(ModuleScope at, Value x, int heads) {
        Value norm1 = at.layerNorm("norm1", x, LAYER_NORM_EPSILON);
        Value h = at.add("add_attn1", x, attention(at.child("attn1"), norm1, norm1, heads));
        Value norm2 = at.layerNorm("norm2", h, LAYER_NORM_EPSILON);
        h = at.add("add_attn2", h, attention(at.child("attn2"), norm2, text, heads));
        Value norm3 = at.layerNorm("norm3", h, LAYER_NORM_EPSILON);
        return at.returns(at.add("add_ff", h, feedForward(at.child("ff"), norm3)));
    }

    private static Value attention(ModuleScope at, Value x, Value context, int heads) {
        int features = x.shape().dim(-1);
        Value q = at.linear("to_q", x, features, false);
        Value k = at.linear("to_k", context, features, false);
        Value v = at.linear("to_v", context, features, false);
        double scale = 1 / Math.sqrt((double) features / heads);
        Value mixed = at.op("attention", new Attention(heads, scale, false), q, k, v);
        return at.returns(at.linear("to_out.0", mixed, features, true));
    }

    private static Value feedForward(ModuleScope at, Value x) {
        int features = x.shape().dim(-1);
        Value wide = at.linear("net.0.proj", x, 8 * features, true);
        return at.returns(at.linear("net.2", at.op("net.0", new GeGlu(), wide), features, true));
    }
}
