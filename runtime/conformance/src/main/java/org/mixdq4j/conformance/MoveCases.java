package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Ops that move values or look them up. */
final class MoveCases {
    private final List<Case> cases = new ArrayList<>();

    static List<Case> all() {
        MoveCases made = new MoveCases();
        made.layout();
        made.lookups();
        return made.cases;
    }

    private void layout() {
        cases.add(OneNode.of("Reshape", Bound.BITS, new Reshape(Shape.of(4, 3, 2)), wide(2, 3, 4)));
        cases.add(OneNode.of("Reshape of an image", Bound.BITS, new Reshape(Shape.of(2, 6, 15)), wide(2, 6, 5, 3)));
        cases.add(OneNode.of("Transpose", Bound.BITS, Transpose.of(2, 0, 3, 1), wide(2, 3, 4, 5)));
        cases.add(OneNode.of("Transpose to tokens", Bound.BITS, Transpose.of(0, 2, 1), wide(2, 33, 20)));
        cases.add(OneNode.of("Transpose to features last", Bound.BITS, Transpose.of(0, 2, 3, 1), wide(1, 5, 4, 3)));
        int[][] slices = {{0, 1, 2}, {1, 1, 3}, {2, 2, 3}, {-1, 0, 3}};
        for (int[] s : slices) {
            cases.add(OneNode.of(
                    "Slice " + s[1] + ".." + s[2] + " of axis " + s[0],
                    Bound.BITS,
                    new Slice(s[0], s[1], s[2]),
                    wide(2, 3, 4)));
        }
        for (int axis = 0; axis < 3; axis++) {
            int[] dims = {2, 3, 4};
            dims[axis]++;
            cases.add(OneNode.of(
                    "Concat along axis " + axis,
                    Bound.BITS,
                    new Concat(axis),
                    wide(2, 3, 4),
                    wide(dims),
                    wide(2, 3, 4)));
        }
        cases.add(OneNode.of(
                "Concat of an image with itself", Bound.BITS, new Concat(1), wide(1, 6, 5, 4), wide(1, 3, 5, 4)));
        cases.add(OneNode.of("Broadcast", Bound.BITS, new Broadcast(Shape.of(2, 3, 4)), wide(3, 1)));
        int[][] sizes = {
            {3, 3, 7, 7}, {3, 5, 6, 10}, {5, 2, 5, 6}, {2, 3, 8, 3}, {4, 3, 3, 2}, {2, 1, 82, 4}, {1, 2, 1, 94}
        };
        for (int[] s : sizes) {
            cases.add(OneNode.of(
                    "UpsampleNearest " + s[0] + "x" + s[1] + " to " + s[2] + "x" + s[3],
                    Bound.BITS,
                    new UpsampleNearest(s[2], s[3]),
                    wide(2, 3, s[0], s[1])));
        }
    }

    private void lookups() {
        Tensor ids = Tensor.ofLongs(Shape.of(2, 4), 1, 2, 9, 2, 8, 8, 3, 2);
        cases.add(OneNode.of("Embedding", Bound.BITS, new Embedding(10, 7), ids));
        for (int eos : new int[] {PoolToken.HIGHEST_ID, 2, 77}) {
            cases.add(OneNode.of("PoolToken at " + eos, Bound.BITS, new PoolToken(eos), wide(2, 4, 3), ids));
        }
        cases.add(OneNode.of("Parameter", Bound.BITS, new Parameter(Shape.of(2, 3), "weight")));
        cases.add(OneNode.of("RelativeBias", Bound.BITS, new RelativeBias(3, 21, 8, 10)));
        Tensor t = Tensor.of(Shape.of(3), 0, 999, 13.5f);
        Object[][] embeddings = {{8, false, 0.0, 10000.0}, {320, true, 0.0, 10000.0}, {7, true, 1.0, 5000.0}};
        for (Object[] e : embeddings) {
            // Half a unit in the last place of an angle of 999, of its frequency and of the exponent before it.
            cases.add(OneNode.of(
                    "TimestepEmbedding of " + e[0],
                    Bound.relative(999 * 0x1p-23 * 4),
                    new TimestepEmbedding((int) e[0], (boolean) e[1], (double) e[2], (double) e[3]),
                    t));
        }
    }

    private static Tensor wide(int... dims) {
        return Values.WIDE.of(Shape.of(dims), dims.length);
    }
}
