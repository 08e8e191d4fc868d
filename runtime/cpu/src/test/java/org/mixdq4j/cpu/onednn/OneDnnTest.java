package org.mixdq4j.cpu.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.tensor.Shape;

class OneDnnTest {
    @Test
    void saysWhatItIs() {
        assertThat(OneDnn.get().version()).matches("3\\.\\d+\\.\\d+");
        assertThat(OneDnn.get().isa()).matches("sse41|avx.*");
    }

    @Test
    void failuresAreSentences() {
        assertThatCode(() -> OneDnn.check(dnnl.dnnl_success, "try")).doesNotThrowAnyException();
        assertThatThrownBy(() -> OneDnn.check(dnnl.dnnl_unimplemented, "plan a product"))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("oneDNN could not plan a product (no implementation");
    }

    @Test
    void aWorkspaceIsAsLargeAsTheLargestLayerNeeds() {
        LayerCase small =
                new LayerCase(1, 4, new int[] {4}, new int[] {3, 3}, new int[] {9}, 8, LayerCase.Fill.RANDOM, 4 * 64);
        LayerCase large =
                new LayerCase(2, 8, new int[] {8}, new int[] {3, 3}, new int[] {9}, 8, LayerCase.Fill.RANDOM, 8 * 256);
        try (Workspace workspace = new Workspace();
                Int8Conv2d first = conv(small, Shape.of(1, 4, 8, 8), workspace);
                Int8Conv2d second = conv(large, Shape.of(1, 8, 16, 16), workspace)) {
            float[] alone = run(first, small);
            long afterSmall = workspace.bytes();
            run(second, large);
            long afterLarge = workspace.bytes();

            assertThat(run(first, small)).isEqualTo(alone);
            assertThat(workspace.bytes()).isEqualTo(afterLarge).isGreaterThan(afterSmall);
        }
    }

    private static Int8Conv2d conv(LayerCase layer, Shape shape, Workspace workspace) {
        Conv2d op = new Conv2d(shape.dim(1), layer.bias.length, 3, 3, 1, Conv2d.Padding.same(1), true);
        return new Int8Conv2d(op, List.copyOf(layer.segments), layer.bias, shape, workspace);
    }

    private static float[] run(Int8Conv2d conv, LayerCase layer) {
        var out = LayerCase.buffer(new float[(int) conv.outputShape().elements()]);
        conv.run(LayerCase.buffer(layer.input), out);
        return LayerCase.floats(out);
    }
}
