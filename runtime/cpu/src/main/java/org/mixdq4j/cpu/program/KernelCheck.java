package org.mixdq4j.cpu.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/** Which kinds of layers oneDNN has only its reference loops for on this processor. */
public final class KernelCheck {
    private static final int CHANNELS = 64;
    private static final int SIDE = 16;
    private static final Conv2d CONVOLUTION = new Conv2d(CHANNELS, CHANNELS, 3, 3, 1, Conv2d.Padding.same(1), false);
    private static final Linear LINEAR = new Linear(CHANNELS, CHANNELS, false);

    private KernelCheck() {}

    /** Kinds, for people; empty where all are fast. */
    public static List<String> slow() {
        Map<String, Op> kinds = new LinkedHashMap<>();
        kinds.put("convolutions", CONVOLUTION);
        kinds.put("linear layers", LINEAR);
        List<String> slow = new ArrayList<>();
        kinds.forEach((kind, op) -> {
            Shape input = op instanceof Conv2d ? Shape.of(1, CHANNELS, SIDE, SIDE) : Shape.of(1, SIDE, CHANNELS);
            if (isSlow(op, input)) {
                slow.add(kind);
            }
        });
        return slow;
    }

    private static boolean isSlow(Op op, Shape input) {
        GraphBuilder graph = new GraphBuilder("Layer");
        graph.output("y", graph.add("layer", op, graph.input("x", DType.F32, input)));
        QuantizedLayers layers = QuantizedLayers.of(Map.of("layer", layer(op)));
        try (ProgramExecutor executor = new ProgramExecutor();
                Network any = executor.compile(graph.build(), WeightSource.of(Map.of()), layers, Numerics.INTEGER)) {
            return !executor.remarks().isEmpty();
        }
    }

    private static QuantizedLayer layer(Op op) {
        float[] scales = new float[CHANNELS];
        Arrays.fill(scales, 1);
        Shape weight = op instanceof Conv2d ? Shape.of(CHANNELS, CHANNELS, 3, 3) : Shape.of(CHANNELS, CHANNELS);
        Segment segment = new Segment(
                0, CHANNELS, Tensor.zeros(DType.I8, weight), scales, Optional.of(AffineParams.ofRange(-1, 1, 8)));
        return new QuantizedLayer(List.of(segment), Optional.empty(), false);
    }
}
