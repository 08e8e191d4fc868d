package org.mixdq4j.core.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.tensor.Shape;

class ShapeRulesTest {
    private static Shape s(int... dims) {
        return Shape.of(dims);
    }

    private static Conv2d conv(int kernel, int stride, Conv2d.Padding padding) {
        return new Conv2d(3, 8, kernel, kernel, stride, padding, true);
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                arguments(conv(3, 1, Conv2d.Padding.same(1)), List.of(s(2, 3, 5, 7)), s(2, 8, 5, 7)),
                arguments(conv(3, 2, Conv2d.Padding.same(1)), List.of(s(1, 3, 5, 8)), s(1, 8, 3, 4)),
                arguments(conv(3, 2, new Conv2d.Padding(0, 1, 0, 1)), List.of(s(1, 3, 6, 7)), s(1, 8, 3, 3)),
                arguments(conv(5, 1, Conv2d.Padding.same(0)), List.of(s(1, 3, 5, 6)), s(1, 8, 1, 2)),
                arguments(
                        new Conv2d(3, 8, 1, 3, 1, new Conv2d.Padding(0, 0, 1, 1), false),
                        List.of(s(1, 3, 4, 4)),
                        s(1, 8, 4, 4)),
                arguments(new Linear(4, 6, true), List.of(s(2, 7, 4)), s(2, 7, 6)),
                arguments(new Concat(1), List.of(s(2, 3, 4), s(2, 5, 4), s(2, 1, 4)), s(2, 9, 4)),
                arguments(new Reshape(s(3, 4)), List.of(s(2, 6)), s(3, 4)),
                arguments(new Reshape(s()), List.of(s(1, 1)), s()),
                arguments(Transpose.of(2, 0, 1), List.of(s(5, 6, 7)), s(7, 5, 6)),
                arguments(Transpose.of(), List.of(s()), s()),
                arguments(new Slice(1, 2, 5), List.of(s(3, 5)), s(3, 3)),
                arguments(new Broadcast(s(2, 3, 4)), List.of(s(3, 1)), s(2, 3, 4)),
                arguments(new Attention(2, 0.5, false), List.of(s(2, 5, 8), s(2, 9, 8), s(2, 9, 8)), s(2, 5, 8)),
                arguments(new Attention(4, 0.5, true), List.of(s(1, 5, 8), s(1, 5, 8), s(1, 5, 8)), s(1, 5, 8)),
                arguments(
                        new Attention(2, 0.5, false),
                        List.of(s(2, 5, 8), s(2, 9, 8), s(2, 9, 8), s(1, 2, 5, 9)),
                        s(2, 5, 8)),
                arguments(new RelativeBias(3, 7, 32, 128), List.of(), s(1, 3, 7, 7)),
                arguments(new Add(), List.of(s(2, 3, 1, 1), s(3, 4, 5)), s(2, 3, 4, 5)),
                arguments(new Mul(), List.of(s(1), s(4)), s(4)),
                arguments(new GeGlu(), List.of(s(1, 2, 6)), s(1, 2, 3)),
                arguments(new MatMul(), List.of(s(2, 3), s(5, 3)), s(2, 5)),
                arguments(new PoolToken(2), List.of(s(2, 7, 4), s(2, 7)), s(2, 4)),
                arguments(new Embedding(10, 4), List.of(s(2, 7)), s(2, 7, 4)),
                arguments(new TimestepEmbedding(6, true, 0, 1e4), List.of(s(3)), s(3, 6)),
                arguments(new UpsampleNearest(9, 5), List.of(s(1, 2, 4, 3)), s(1, 2, 9, 5)),
                arguments(new GroupNorm(2, 4, 1e-5), List.of(s(1, 4, 3, 3)), s(1, 4, 3, 3)),
                arguments(new Parameter(s(1, 3), ""), List.of(), s(1, 3)));
    }

    @ParameterizedTest(name = "{0} of {1} is {2}")
    @MethodSource("accepted")
    void shapes(Op op, List<Shape> in, Shape out) {
        assertThat(op.outputShape(in)).isEqualTo(out);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments(conv(3, 1, Conv2d.Padding.same(1)), List.of(s(2, 4, 5, 7)), "expects [B, 3, H, W]"),
                arguments(conv(3, 1, Conv2d.Padding.same(1)), List.of(s(3, 5, 7)), "expects [B, 3, H, W]"),
                arguments(conv(5, 1, Conv2d.Padding.same(0)), List.of(s(1, 3, 4, 9)), "5x5 kernel cannot read"),
                arguments(conv(5, 2, Conv2d.Padding.same(0)), List.of(s(1, 3, 9, 4)), "5x5 kernel cannot read"),
                arguments(new Linear(4, 6, true), List.of(s(2, 4, 7)), "expects 4 features"),
                arguments(new Linear(4, 6, true), List.of(s(4), s(4)), "takes 1 inputs, got 2"),
                arguments(new Concat(1), List.of(s(2, 3)), "at least 2 inputs"),
                arguments(new Concat(1), List.of(s(2, 3), s(3, 3)), "cannot join"),
                arguments(new Concat(1), List.of(s(2, 3), s(2, 3, 1)), "cannot join"),
                arguments(new Concat(2), List.of(s(2, 3), s(2, 3)), "axis 2"),
                arguments(new Reshape(s(3, 4)), List.of(s(2, 5)), "[2, 5] cannot be reshaped to [3, 4]"),
                arguments(Transpose.of(0, 1), List.of(s(2, 3, 4)), "no order of the axes"),
                arguments(Transpose.of(0, 1, 1), List.of(s(2, 3, 4)), "no order of the axes"),
                arguments(Transpose.of(0, 1, 3), List.of(s(2, 3, 4)), "no order of the axes"),
                arguments(Transpose.of(-1, 1), List.of(s(2, 3)), "no order of the axes"),
                arguments(Transpose.of(0), List.of(s()), "no order of the axes"),
                arguments(new Slice(1, 2, 6), List.of(s(3, 5)), "does not lie in"),
                arguments(new Slice(1, 2, 2), List.of(s(3, 5)), "does not lie in"),
                arguments(new Slice(1, -1, 2), List.of(s(3, 5)), "does not lie in"),
                arguments(new Slice(2, 0, 1), List.of(s(3, 5)), "axis 2"),
                arguments(new Broadcast(s(2, 3)), List.of(s(2, 2)), "cannot broadcast"),
                arguments(new Broadcast(s(1, 3)), List.of(s(2, 3)), "cannot be broadcast to"),
                arguments(new Broadcast(s(3)), List.of(s(1, 3)), "cannot be broadcast to"),
                arguments(new Attention(3, 1, false), List.of(s(1, 5, 8), s(1, 5, 8), s(1, 5, 8)), "3 heads"),
                arguments(new Attention(2, 1, false), List.of(s(2, 5, 8), s(1, 5, 8), s(1, 5, 8)), "2 heads"),
                arguments(new Attention(2, 1, false), List.of(s(1, 5, 8), s(1, 5, 6), s(1, 5, 6)), "2 heads"),
                arguments(new Attention(2, 1, false), List.of(s(1, 5, 8), s(1, 5, 8), s(1, 4, 8)), "got q"),
                arguments(new Attention(2, 1, false), List.of(s(5, 8), s(5, 8), s(5, 8)), "got q"),
                arguments(new Attention(2, 1, true), List.of(s(1, 5, 8), s(1, 6, 8), s(1, 6, 8)), "causal"),
                arguments(new Attention(2, 1, false), List.of(s(1, 5, 8), s(1, 5, 8)), "takes 3 inputs, got 2"),
                arguments(
                        new Attention(2, 1, false),
                        List.of(s(1, 5, 8), s(1, 5, 8), s(1, 5, 8), s(1, 2, 5, 6)),
                        "expects a bias [1, 2, 5, 5]"),
                arguments(new Add(), List.of(s(2, 3), s(2, 4)), "cannot broadcast"),
                arguments(new GeGlu(), List.of(s(2, 5)), "cannot halve"),
                arguments(new MatMul(), List.of(s(2, 3), s(3, 2)), "MatMul got"),
                arguments(new PoolToken(2), List.of(s(2, 7, 4), s(2, 6)), "PoolToken got"),
                arguments(new Embedding(10, 4), List.of(s(2, 7, 1)), "ids [B, N]"),
                arguments(new TimestepEmbedding(6, true, 0, 1e4), List.of(s(3, 1)), "expects [N]"),
                arguments(new UpsampleNearest(9, 5), List.of(s(2, 4, 3)), "[B, C, H, W]"),
                arguments(new GroupNorm(2, 4, 1e-5), List.of(s(1, 6, 3)), "expects 4 channels"),
                arguments(new GroupNorm(3, 4, 1e-5), List.of(s(1, 4, 3)), "into 3 groups"),
                arguments(new LayerNorm(4, 1e-5, true), List.of(s(1, 5)), "expects 4 features"),
                arguments(new RmsNorm(4, 1e-5), List.of(s(1, 5)), "expects 4 features"),
                arguments(new Parameter(s(1), ""), List.of(s(1)), "takes 0 inputs, got 1"));
    }

    @ParameterizedTest(name = "{0} refuses {1}")
    @MethodSource("refused")
    void errors(Op op, List<Shape> in, String message) {
        assertThatThrownBy(() -> op.outputShape(in))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
