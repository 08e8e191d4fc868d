package org.mixdq4j.conformance;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** Each op that computes, alone, in float. */
final class FloatCases {
    private static final Bound PRODUCT = Bound.relative(1e-5);
    private static final Bound ELEMENT = Bound.relative(2e-6);

    private final List<Case> cases = new ArrayList<>();

    static List<Case> all() {
        FloatCases made = new FloatCases();
        made.elements();
        made.norms();
        made.products();
        made.attention();
        return made.cases;
    }

    private void elements() {
        for (Activate.Function function : Activate.Function.values()) {
            for (Values values : new Values[] {Values.NORMAL, Values.WIDE, Values.DENORMAL, Values.TINY, Values.ZERO}) {
                // The exponential of what is wide is not finite.
                if (function != Activate.Function.EXP || values != Values.WIDE) {
                    Tensor x = values.of(Shape.of(3, 5, 7), 1);
                    cases.add(OneNode.of(function + " of " + values, ELEMENT, new Activate(function), x));
                }
            }
        }
        for (int features : new int[] {2, 10, 34, 130}) {
            Tensor x = Values.WIDE.of(Shape.of(2, 3, features), 2);
            cases.add(OneNode.of("GEGLU of " + features, ELEMENT, new GeGlu(), x));
        }
        int[][][] pairs = {
            {{2, 3, 5}, {2, 3, 5}},
            {{2, 3, 5}, {1, 3, 1}},
            {{1, 1, 5}, {2, 3, 1}},
            {{2, 1, 1}, {2, 3, 5}},
            {{2, 6, 4, 3}, {2, 6, 1, 1}},
            {{1, 33, 17}, {1, 1, 17}}
        };
        for (int[][] pair : pairs) {
            for (Values values : new Values[] {Values.WIDE, Values.HUGE, Values.DENORMAL}) {
                Tensor a = values.of(Shape.of(pair[0]), 3);
                Tensor b = values.of(Shape.of(pair[1]), 4);
                String what = a.shape() + " and " + b.shape() + " of " + values;
                cases.add(OneNode.of("Add " + what, ELEMENT, new Add(), a, b));
                cases.add(OneNode.of("Mul " + what, ELEMENT, new Mul(), a, b));
            }
        }
    }

    private void norms() {
        int[][] groupNorms = {{3, 6}, {1, 6}, {6, 6}, {2, 14}, {5, 35}, {32, 64}};
        for (int[] norm : groupNorms) {
            int[][] places = {{}, {5}, {5, 3}, {9, 8}};
            for (int[] place : places) {
                int[] dims = new int[2 + place.length];
                dims[0] = 2;
                dims[1] = norm[1];
                System.arraycopy(place, 0, dims, 2, place.length);
                Tensor x = Values.NORMAL.of(Shape.of(dims), 5);
                GroupNorm op = new GroupNorm(norm[0], norm[1], 1e-5);
                cases.add(OneNode.of("GroupNorm of " + norm[0] + " groups of " + x.shape(), PRODUCT, op, x));
            }
        }
        cases.add(OneNode.of(
                "GroupNorm of values that are all alike",
                PRODUCT,
                new GroupNorm(2, 8, 1e-5),
                Values.ZERO.of(Shape.of(1, 8, 3, 3), 5)));
        cases.add(OneNode.of(
                "GroupNorm of large values",
                PRODUCT,
                new GroupNorm(2, 8, 1e-6),
                Values.HUGE.of(Shape.of(1, 8, 3, 3), 5)));
        for (int features : new int[] {1, 7, 16, 63, 129}) {
            Tensor x = Values.WIDE.of(Shape.of(2, 3, features), 6);
            cases.add(OneNode.of("LayerNorm of " + features, PRODUCT, new LayerNorm(features, 0.2, true), x));
            cases.add(OneNode.of("plain LayerNorm of " + features, PRODUCT, new LayerNorm(features, 1e-3, false), x));
            cases.add(OneNode.of("RmsNorm of " + features, PRODUCT, new RmsNorm(features, 0.2), x));
            Tensor rows = Values.WIDE.of(Shape.of(3, features + 1), 7);
            cases.add(OneNode.of("L2Normalize of " + (features + 1), PRODUCT, new L2Normalize(), rows));
        }
    }

    private void products() {
        int[][] kernels = {
            {3, 3, 1, 1, 1, 1, 1},
            {3, 3, 2, 1, 1, 1, 1},
            {3, 3, 2, 0, 1, 0, 1},
            {1, 1, 1, 0, 0, 0, 0},
            {2, 2, 2, 0, 0, 0, 0},
            {3, 1, 1, 2, 0, 1, 0},
            {1, 3, 1, 0, 0, 2, 1}
        };
        int[][] channels = {{5, 7}, {16, 32}, {3, 1}, {33, 17}};
        for (int[] k : kernels) {
            for (int[] c : channels) {
                Conv2d op = conv(k, c[0], c[1]);
                Tensor x = Values.NORMAL.of(Shape.of(2, c[0], 9, 11), 8);
                cases.add(OneNode.of(name(op), PRODUCT, op, x));
            }
        }
        int[][] places = {{13}, {3, 13}, {2, 3, 13}, {2, 1, 3, 13}};
        for (int[] place : places) {
            Linear op = new Linear(13, 17, place.length % 2 == 0);
            cases.add(OneNode.of("Linear of " + Shape.of(place), PRODUCT, op, Values.NORMAL.of(Shape.of(place), 9)));
        }
        int[][] sizes = {{1, 1, 1}, {1, 64, 16}, {17, 63, 65}, {33, 129, 31}, {5, 1, 9}};
        for (int[] size : sizes) {
            Tensor x = Values.NORMAL.of(Shape.of(size[0], size[1]), 10);
            Linear op = new Linear(size[1], size[2], true);
            cases.add(OneNode.of("Linear of " + x.shape() + " to " + size[2], PRODUCT, op, x));
            Tensor b = Values.NORMAL.of(Shape.of(size[2], size[1]), 11);
            cases.add(OneNode.of("MatMul of " + x.shape() + " and " + b.shape(), PRODUCT, new MatMul(), x, b));
        }
    }

    static Conv2d conv(int[] k, int inputs, int outputs) {
        return new Conv2d(
                inputs, outputs, k[0], k[1], k[2], new Conv2d.Padding(k[3], k[4], k[5], k[6]), k[3] > 0 || k[0] == 1);
    }

    static String name(Conv2d op) {
        return "Conv2d " + op.kernelHeight() + "x" + op.kernelWidth() + " stride " + op.stride() + " of " + op.inputs()
                + " to " + op.outputs() + " within " + op.padding();
    }

    private void attention() {
        int[][] sizes = {
            // batch, heads, width of a head, queries, keys
            {2, 3, 5, 7, 4},
            {1, 1, 5, 5, 9},
            {2, 3, 5, 7, 7},
            {1, 2, 5, 1, 1},
            {1, 2, 64, 33, 77},
            {1, 5, 8, 65, 65},
            {1, 1, 40, 16, 3}
        };
        for (int[] s : sizes) {
            int features = s[1] * s[2];
            Tensor q = Values.NORMAL.of(Shape.of(s[0], s[3], features), 12);
            Tensor k = Values.NORMAL.of(Shape.of(s[0], s[4], features), 13);
            Tensor v = Values.NORMAL.of(Shape.of(s[0], s[4], features), 14);
            Tensor bias = Values.NORMAL.of(Shape.of(1, s[1], s[3], s[4]), 15);
            double scale = 1 / Math.sqrt(s[2]);
            String what = " of " + s[1] + " heads, " + q.shape() + " to " + k.shape();
            cases.add(OneNode.of("Attention" + what, PRODUCT, new Attention(s[1], scale, false), q, k, v));
            cases.add(OneNode.of(
                    "Attention with a bias" + what, PRODUCT, new Attention(s[1], scale, false), q, k, v, bias));
            if (s[3] == s[4]) {
                cases.add(OneNode.of("causal Attention" + what, PRODUCT, new Attention(s[1], scale, true), q, k, v));
                cases.add(OneNode.of(
                        "causal Attention with a bias" + what,
                        PRODUCT,
                        new Attention(s[1], scale, true),
                        q,
                        k,
                        v,
                        bias));
            }
        }
        Tensor sharp = Values.WIDE.of(Shape.of(1, 9, 16), 16);
        cases.add(
                OneNode.of("Attention of scores far apart", PRODUCT, new Attention(2, 30, false), sharp, sharp, sharp));
    }
}
