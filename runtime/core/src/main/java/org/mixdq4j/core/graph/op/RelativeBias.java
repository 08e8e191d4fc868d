package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/**
 * T5's relative position bias for attention that looks both ways: no inputs, output [1, heads, tokens, tokens], what is
 * added to the score of query i and key j. It is the learned number of head h for the bucket of j - i, from a table
 * [buckets, heads]. Half of the buckets are for keys behind the query. Of each half, one half is for single distances
 * from 0 up, the other for distances up to {@code maxDistance} on a logarithmic scale; farther keys share the last one
 * (Raffel et al., 1910.10683, section 2.1).
 */
public record RelativeBias(int heads, int tokens, int buckets, int maxDistance) implements Op {
    public RelativeBias {
        Shapes.check(
                buckets % 4 == 0 && maxDistance > buckets / 4,
                "%d buckets cannot hold distances up to %d: expected a multiple of 4, and the distance above a quarter of it",
                buckets,
                maxDistance);
    }

    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.count(this, in, 0);
        return Shape.of(1, heads, tokens, tokens);
    }

    @Override
    public List<ParameterSpec> parameters() {
        return List.of(new ParameterSpec("weight", Shape.of(buckets, heads)));
    }

    /** The bucket of a key at {@code offset} = its position less that of the query. */
    public int bucket(int offset) {
        int half = buckets / 2;
        int exact = half / 2;
        int side = offset > 0 ? half : 0;
        int distance = Math.abs(offset);
        if (distance < exact) {
            return side + distance;
        }
        // Single precision, as the networks were trained: a distance at a border must fall on the same side.
        float share = (float) Math.log((float) distance / exact) / (float) Math.log((double) maxDistance / exact);
        return side + Math.min(half - 1, exact + (int) (share * (half - exact)));
    }
}
