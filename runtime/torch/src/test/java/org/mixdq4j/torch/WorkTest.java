package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.torch.array.Torch;

/** Work is divided where there is much of it, and PyTorch is left with all its threads. */
class WorkTest {
    @Test
    void layersOfALargeNetworkAreDividedAndThoseOfASmallOneAreNot() {
        assertThat(small(new Linear(64, 64, true), Shape.of(1, 36, 64))).isTrue();
        assertThat(small(new Linear(1280, 1280, true), Shape.of(1, 256, 1280))).isFalse();
        assertThat(small(conv(8), Shape.of(1, 8, 12, 12))).isTrue();
        assertThat(small(conv(320), Shape.of(1, 320, 64, 64))).isFalse();
        assertThat(small(new Activate(Activate.Function.SILU), Shape.of(1, 64, 12, 12)))
                .isTrue();
        assertThat(small(new Activate(Activate.Function.SILU), Shape.of(1, 320, 64, 64)))
                .isFalse();
        Shape few = Shape.of(1, 36, 64);
        Shape many = Shape.of(1, 4096, 64);
        assertThat(small(new Attention(2, 1, false), few, few, few)).isTrue();
        assertThat(small(new Attention(2, 1, false), many, many, many)).isFalse();
    }

    @Test
    void aRunGivesAllThreadsBack() {
        try (TorchExecutor executor = new TorchExecutor()) {
            Graph graph = SmallNet.graph();
            int before = Torch.threadsNow();
            executor.compile(graph, MemoryWeights.randomFor(graph, 3)).run(SmallNet.inputs(1));
            assertThat(Torch.threadsNow()).isEqualTo(before).isEqualTo(Torch.threads());
        }
    }

    private static Conv2d conv(int channels) {
        return new Conv2d(channels, channels, 3, 3, 1, Conv2d.Padding.same(1), true);
    }

    private static boolean small(Op op, Shape... inputs) {
        GraphBuilder builder = new GraphBuilder("One");
        GraphBuilder.Value[] values = new GraphBuilder.Value[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            values[i] = builder.input("in" + i, DType.F32, inputs[i]);
        }
        builder.output("out", builder.add("op", op, values));
        return Work.small(builder.build().node("op"), List.of(inputs));
    }
}
