package org.mixdq4j.conformance.support;

import java.util.Map;
import java.util.Random;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** What a UNet has, on a small scale: convolutions, a residual, cross-attention to a text, a shortcut by concat. */
public final class SmallNet {
    public static final Conv2d IN = conv(4, 6);
    public static final Conv2d SHORTCUT = conv(12, 6);
    public static final Linear KEYS = new Linear(10, 6, false);
    private static final int SIDE = 5;

    private SmallNet() {}

    public static Graph graph() {
        GraphBuilder b = new GraphBuilder("SmallNet");
        Value image = b.input("image", DType.F32, Shape.of(2, 4, SIDE, SIDE));
        Value text = b.input("text", DType.F32, Shape.of(2, 7, 10));
        Value first = b.add("conv_in", IN, image);
        Value normal = b.add("norm", new GroupNorm(2, 6, 1e-5), first);
        Value active = b.add("act", new Activate(Activate.Function.SILU), normal);
        Value second = b.add("conv", conv(6, 6), active);
        Value residual = b.module("block", b.add("block.add", new Add(), first, second));
        Value tokens = b.add("flat", new Reshape(Shape.of(2, 6, SIDE * SIDE)), residual);
        tokens = b.add("tokens", Transpose.of(0, 2, 1), tokens);
        Value q = b.add("to_q", new Linear(6, 6, false), tokens);
        Value k = b.add("to_k", KEYS, text);
        Value v = b.add("to_v", new Linear(10, 6, false), text);
        Value mixed = b.add("attention", new Attention(2, 0.58, false), q, k, v);
        Value out = b.add("to_out", new Linear(6, 6, true), mixed);
        Value table = b.add("table", new Parameter(Shape.of(1, SIDE * SIDE, 6), ""));
        out = b.add("placed", new Add(), table, out);
        Value gated = b.add("gate", new Mul(), out, tokens);
        Value back = b.add("back", Transpose.of(0, 2, 1), gated);
        back = b.add("unflat", new Reshape(Shape.of(2, 6, SIDE, SIDE)), back);
        Value joined = b.add("joined", new Concat(1), back, first);
        b.output("sample", b.add("shortcut", SHORTCUT, joined));
        b.output("pooled", b.add("pooled", new Linear(6, 3, true), out));
        return b.build();
    }

    public static Map<String, Tensor> inputs(long seed) {
        Random random = new Random(seed);
        return Map.of(
                "image", MemoryWeights.random(Shape.of(2, 4, SIDE, SIDE), random),
                "text", MemoryWeights.random(Shape.of(2, 7, 10), random));
    }

    private static Conv2d conv(int inputs, int outputs) {
        return new Conv2d(inputs, outputs, 3, 3, 1, Conv2d.Padding.same(1), true);
    }
}
