package org.mixdq4j.core.network.mmdit;

import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.tensor.Shape;

/**
 * Attention of picture and text as one sequence, the picture first, each projected by layers of its own; and attention
 * of the picture alone.
 *
 * @param normalized whether queries and keys are RMS-normalized head by head
 */
record JointAttention(int heads, boolean normalized) {
    private static final double EPSILON = 1e-6;
    private static final int TOKENS = 1;

    /** Tokens of the picture and of the text, [B, N, C] and [B, T, C]. */
    record Streams(Value image, Value text) {}

    /** Both streams after attention; the text's is null if it is not needed. */
    Streams joint(ModuleScope at, Streams in, boolean textNeeded) {
        Value q = join(
                at, "query", query(at, "to_q", "norm_q", in.image), query(at, "add_q_proj", "norm_added_q", in.text));
        Value k = join(
                at, "key", query(at, "to_k", "norm_k", in.image), query(at, "add_k_proj", "norm_added_k", in.text));
        Value v = join(at, "value", project(at, "to_v", in.image), project(at, "add_v_proj", in.text));
        Value mixed = attend(at, q, k, v);
        int pixels = in.image.shape().dim(TOKENS);
        Value image = at.op("of_image", new Slice(TOKENS, 0, pixels), mixed);
        image = at.returns(project(at, "to_out.0", image));
        if (!textNeeded) {
            return new Streams(image, null);
        }
        Value text = at.op("of_text", new Slice(TOKENS, pixels, mixed.shape().dim(TOKENS)), mixed);
        return new Streams(image, project(at, "to_add_out", text));
    }

    /** [B, N, C] to the same. */
    Value alone(ModuleScope at, Value image) {
        Value q = query(at, "to_q", "norm_q", image);
        Value k = query(at, "to_k", "norm_k", image);
        return at.returns(project(at, "to_out.0", attend(at, q, k, project(at, "to_v", image))));
    }

    /** A query or a key. */
    private Value query(ModuleScope at, String layer, String norm, Value x) {
        Value projected = project(at, layer, x);
        if (!normalized) {
            return projected;
        }
        Shape shape = projected.shape();
        int width = shape.dim(-1) / heads;
        Shape byHead = Shape.of(shape.dim(0), shape.dim(TOKENS), heads, width);
        Value rows = at.op(layer + ".heads", new Reshape(byHead), projected);
        return at.op(norm + ".joined", new Reshape(shape), at.op(norm, new RmsNorm(width, EPSILON), rows));
    }

    private static Value project(ModuleScope at, String layer, Value x) {
        return at.linear(layer, x, x.shape().dim(-1), true);
    }

    private static Value join(ModuleScope at, String name, Value image, Value text) {
        return at.op(name, new Concat(TOKENS), image, text);
    }

    private Value attend(ModuleScope at, Value q, Value k, Value v) {
        double scale = 1 / Math.sqrt((double) q.shape().dim(-1) / heads);
        return at.op("attention", new Attention(heads, scale, false), q, k, v);
    }
}
