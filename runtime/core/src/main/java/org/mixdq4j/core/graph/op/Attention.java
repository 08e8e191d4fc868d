package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/**
 * Multi-head attention {@code softmax(scale * q k^T + bias) v}: inputs q [B, N, H*D], k and v [B, M, H*D], heads
 * contiguous in the last axis, and optionally the bias [1, H, N, M]. A causal one (N = M) hides later tokens.
 */
public record Attention(int heads, double scale, boolean causal) implements Op {
    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.count(this, in, in.size() == 4 ? 4 : 3);
        Shape q = in.get(0);
        Shape k = in.get(1);
        Shape v = in.get(2);
        Shapes.check(q.rank() == 3 && k.rank() == 3 && k.equals(v), "Attention got q %s, k %s, v %s", q, k, v);
        Shapes.check(
                q.dim(0) == k.dim(0) && q.dim(2) == k.dim(2) && q.dim(2) % heads == 0,
                "Attention with %d heads got q %s, k %s",
                heads,
                q,
                k);
        Shapes.check(!causal || q.dim(1) == k.dim(1), "causal Attention needs as many keys as queries: %s, %s", q, k);
        if (in.size() == 4) {
            Shape bias = Shape.of(1, heads, q.dim(1), k.dim(1));
            Shapes.check(in.get(3).equals(bias), "Attention expects a bias %s, got %s", bias, in.get(3));
        }
        return q;
    }
}
