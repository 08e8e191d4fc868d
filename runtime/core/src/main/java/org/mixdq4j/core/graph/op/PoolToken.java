package org.mixdq4j.core.graph.op;

import java.util.List;
import org.mixdq4j.core.tensor.Shape;

/**
 * The hidden state at the end-of-text token: inputs hidden [B, N, C] and ids [B, N], output [B, C]. With
 * {@code eosId == HIGHEST_ID} the position of the highest id (what transformers does for the published CLIP configs,
 * whose eos_token_id of 2 is wrong), else the first position that holds {@code eosId}; position 0 if none does.
 */
public record PoolToken(int eosId) implements Op {
    /** Stands for "the highest id". */
    public static final int HIGHEST_ID = -1;

    @Override
    public Shape outputShape(List<Shape> in) {
        Shapes.count(this, in, 2);
        Shape hidden = in.get(0);
        Shapes.check(
                hidden.rank() == 3 && in.get(1).equals(Shape.of(hidden.dim(0), hidden.dim(1))),
                "PoolToken got hidden %s and ids %s",
                hidden,
                in.get(1));
        return Shape.of(hidden.dim(0), hidden.dim(2));
    }
}
