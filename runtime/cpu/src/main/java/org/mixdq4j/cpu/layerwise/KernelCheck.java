package org.mixdq4j.cpu.layerwise;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.onednn.Int8Conv2d;
import org.mixdq4j.cpu.onednn.Int8Layer;
import org.mixdq4j.cpu.onednn.Int8Linear;

/** Which kinds of layers oneDNN has only its reference loops for on this processor. */
public final class KernelCheck {
    private static final int CHANNELS = 64;
    private static final int SIDE = 16;

    private KernelCheck() {}

    /** Kinds, for people; empty where all are fast. */
    public static List<String> slow() {
        List<String> slow = new ArrayList<>();
        Conv2d conv = new Conv2d(CHANNELS, CHANNELS, 3, 3, 1, Conv2d.Padding.same(1), false);
        Shape image = Shape.of(1, CHANNELS, SIDE, SIDE);
        try (Int8Layer layer = new Int8Conv2d(conv, segment(CHANNELS, CHANNELS, 3, 3), null, image, null)) {
            if (layer.reference()) {
                slow.add("convolutions");
            }
        }
        Linear linear = new Linear(CHANNELS, CHANNELS, false);
        try (Int8Layer layer = new Int8Linear(linear, segment(CHANNELS, CHANNELS), null, SIDE, null)) {
            if (layer.reference()) {
                slow.add("linear layers");
            }
        }
        return slow;
    }

    private static List<Segment> segment(int... weight) {
        float[] scales = new float[CHANNELS];
        Arrays.fill(scales, 1);
        return List.of(new Segment(
                0,
                CHANNELS,
                Tensor.zeros(DType.I8, Shape.of(weight)),
                scales,
                Optional.of(AffineParams.ofRange(-1, 1, 8))));
    }
}
