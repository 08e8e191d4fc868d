package org.mixdq4j.torch.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;

class LayoutTest {
    @Test
    void reshape() {
        Tensor y = run(new Reshape(Shape.of(4, 3, 2)), counting(2, 3, 4));
        assertThat(y.shape()).isEqualTo(Shape.of(4, 3, 2));
        assertThat(y.toFloatArray()).isEqualTo(counting(2, 3, 4).toFloatArray());
    }

    @Test
    void transpose() {
        Tensor x = counting(2, 3, 4, 5);
        float[] y = run(Transpose.of(2, 0, 3, 1), x).toFloatArray();
        for (int i = 0; i < y.length; i++) {
            int b = i % 3;
            int c = i / 3 % 5;
            int d = i / 15 % 2;
            int a = i / 30;
            assertThat(y[i]).isEqualTo(((d * 3 + b) * 4 + a) * 5 + c);
        }
    }

    @ParameterizedTest(name = "axis {0}")
    @CsvSource({"0,1,2", "1,1,3", "2,2,3", "-1,0,3"})
    void slice(int axis, int from, int to) {
        Tensor x = counting(2, 3, 4);
        Tensor y = run(new Slice(axis, from, to), x);
        int front = x.shape().axis(axis);
        int inner = 1;
        for (int i = front + 1; i < 3; i++) {
            inner *= x.shape().dim(i);
        }
        int extent = to - from;
        for (int i = 0; i < y.shape().elements(); i++) {
            int outer = i / (inner * extent);
            int along = i / inner % extent + from;
            assertThat(y.floats().get(i)).isEqualTo((outer * x.shape().dim(front) + along) * inner + i % inner);
        }
    }

    @ParameterizedTest(name = "axis {0}")
    @CsvSource({"0", "1", "2"})
    void concatThenSliceGivesTheParts(int axis) {
        Tensor a = counting(2, 3, 4);
        Tensor b = counting(a.shape().with(axis, a.shape().dim(axis) + 1).toArray());
        Tensor c = counting(2, 3, 4);
        Tensor joined = run(new Concat(axis), a, b, c);
        int first = a.shape().dim(axis);
        int second = first + b.shape().dim(axis);
        assertThat(run(new Slice(axis, 0, first), joined).toFloatArray()).isEqualTo(a.toFloatArray());
        assertThat(run(new Slice(axis, first, second), joined).toFloatArray()).isEqualTo(b.toFloatArray());
        assertThat(run(new Slice(axis, second, second + first), joined).toFloatArray())
                .isEqualTo(c.toFloatArray());
    }

    @Test
    void broadcast() {
        Tensor y = run(new Broadcast(Shape.of(2, 3, 4)), counting(3, 1));
        for (int i = 0; i < 24; i++) {
            assertThat(y.floats().get(i)).isEqualTo(i / 4 % 3);
        }
    }

    @ParameterizedTest(name = "{0}x{1} to {2}x{3}")
    @CsvSource({"3,3,7,7", "3,5,6,10", "5,2,5,6", "2,3,8,3", "4,3,3,2", "2,1,82,4", "1,2,1,94"})
    void upsampleNearest(int height, int width, int toHeight, int toWidth) {
        Tensor x = counting(2, 3, height, width);
        Tensor y = run(new UpsampleNearest(toHeight, toWidth), x);
        for (int i = 0; i < y.shape().elements(); i++) {
            int column = i % toWidth * width / toWidth;
            int row = i / toWidth % toHeight * height / toHeight;
            int plane = i / (toWidth * toHeight);
            assertThat(y.floats().get(i)).isEqualTo((plane * height + row) * width + column);
        }
    }

    private static Tensor run(Op op, Tensor... inputs) {
        return OneOp.run(op, new MemoryWeights(), inputs);
    }

    private static Tensor counting(int... dims) {
        Tensor tensor = Tensor.zeros(DType.F32, Shape.of(dims));
        for (int i = 0; i < tensor.shape().elements(); i++) {
            tensor.floats().put(i, i);
        }
        return tensor;
    }
}
