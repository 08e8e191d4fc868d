package org.mixdq4j.core.network.block;

import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.tensor.Shape;

/** An image as a sequence of its positions, row by row, and back. */
public final class Tokens {
    private Tokens() {}

    /** [B, C, H, W] to [B, H*W, C]. */
    public static Value of(ModuleScope at, Value image) {
        Shape shape = image.shape();
        Value last = at.op("channels_last", Transpose.of(0, 2, 3, 1), image);
        return at.op("tokens", new Reshape(Shape.of(shape.dim(0), shape.dim(2) * shape.dim(3), shape.dim(1))), last);
    }

    /** [B, H*W, C] to [B, C, H, W]. */
    public static Value toImage(ModuleScope at, Value tokens, int height, int width) {
        Shape shape = tokens.shape();
        Value rows = at.op("rows", new Reshape(Shape.of(shape.dim(0), height, width, shape.dim(2))), tokens);
        return at.op("channels_first", Transpose.of(0, 3, 1, 2), rows);
    }
}
