package org.mixdq4j.torch.array;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ViewsTest {
    private final NDManager manager = open();

    @AfterEach
    void close() {
        manager.close();
    }

    static Stream<Arguments> layouts() {
        return Stream.of(
                layout("as it is", x -> x),
                layout("transposed", x -> x.transpose(0, 2, 3, 1)),
                layout("channels last", x -> x.transpose(0, 3, 1, 2)),
                layout("middle slice", x -> Views.slice(x, 1, 1, 2)),
                layout("last column", x -> Views.slice(x, 3, 4, 5)),
                layout("one number broadcast", x -> x.get(0, 1, 1, 2).broadcast(3, 4)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layouts")
    void denseCopiesToRowMajorOrder(String name, UnaryOperator<NDArray> layout) {
        NDArray x = layout.apply(manager.arange(120f).reshape(2, 3, 4, 5));
        float[] before = x.toFloatArray();

        NDArray dense = Views.dense(x);

        assertThat(dense.getShape()).isEqualTo(x.getShape());
        assertThat(dense.toFloatArray()).isEqualTo(before);
        // The buffer is the array's own memory only if that is row-major; else it is a copy.
        dense.toByteBuffer(true).asFloatBuffer().put(1, -7);
        assertThat(dense.flatten().getFloat(1)).isEqualTo(-7);
        assertThat(x.toFloatArray()).isEqualTo(before);
    }

    @Test
    void sliceSharesMemory() {
        NDArray x = manager.zeros(new Shape(3, 4));
        Views.slice(x, 1, 1, 3).addi(1f);
        assertThat(x.toFloatArray()).containsExactly(0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0);
    }

    private static Arguments layout(String name, UnaryOperator<NDArray> layout) {
        return Arguments.of(name, layout);
    }

    private static NDManager open() {
        assertThat(Torch.failure()).isEmpty();
        return Torch.newManager();
    }
}
