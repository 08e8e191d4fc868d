package org.mixdq4j.torch.simulate;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Layer;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;

class SimulatedQuantizationTest {
    private static final Linear LINEAR = new Linear(21, 9, true);
    private static final Linear NO_BIAS = new Linear(21, 9, false);
    private static final Conv2d CONV = new Conv2d(7, 5, 3, 3, 1, Conv2d.Padding.same(1), true);
    private static final Conv2d STRIDED = new Conv2d(7, 5, 3, 3, 2, new Conv2d.Padding(0, 1, 0, 1), false);

    static Stream<Arguments> layers() {
        RandomLayers make = new RandomLayers(12);
        Shape tokens = Shape.of(2, 4, 21);
        Shape image = Shape.of(2, 7, 9, 6);
        return Stream.of(
                Arguments.of("linear 8 bits", LINEAR, make.integer(LINEAR, 8), tokens),
                Arguments.of("linear 4 bits, no bias", NO_BIAS, make.integer(NO_BIAS, 4), tokens),
                Arguments.of("linear of rank 2", LINEAR, make.integer(LINEAR, 8), Shape.of(3, 21)),
                Arguments.of("linear split in three", LINEAR, make.integer(LINEAR, 8, 5, 16), tokens),
                Arguments.of("linear weight only", LINEAR, make.weightOnly(LINEAR), tokens),
                Arguments.of("linear activation only", LINEAR, make.activationOnly(LINEAR), tokens),
                Arguments.of("conv 8 bits", CONV, make.integer(CONV, 8), image),
                Arguments.of("conv split", CONV, make.integer(CONV, 8, 4), image),
                Arguments.of("conv strided, padded on two sides", STRIDED, make.integer(STRIDED, 6), image),
                Arguments.of("conv weight only", CONV, make.weightOnly(CONV), image),
                Arguments.of("conv activation only", CONV, make.activationOnly(CONV), image),
                Arguments.of("first row", LINEAR, make.firstRow(LINEAR, 4), tokens),
                Arguments.of("first row, no bias, split", NO_BIAS, make.firstRow(NO_BIAS, 4, 8), tokens),
                Arguments.of("first row is the only one", LINEAR, make.firstRow(LINEAR, 4), Shape.of(2, 1, 21)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void matchesTheDefinition(String name, Layer layer, QuantizedLayer quantized, Shape shape) {
        Tensor x = MemoryWeights.random(shape, new Random(13));
        Tensor y = OneOp.quantized((Op) layer, quantized, x);
        Compare.close(y, NaiveQuantized.run(layer, quantized, x, y.shape()));
    }

    @Test
    void refusesALayerThatDoesNotFit() {
        QuantizedLayer good = new RandomLayers(16).integer(LINEAR, 8, 5);
        Segment first = good.segments().get(0);
        QuantizedLayer half = new QuantizedLayer(List.of(first), good.bias(), false);
        QuantizedLayer noBias = new QuantizedLayer(good.segments(), Optional.empty(), false);
        Tensor x = MemoryWeights.random(Shape.of(2, 21), new Random(17));
        assertThatThrownBy(() -> OneOp.quantized(LINEAR, half, x))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("'op' covers 5 of 21 input channels");
        assertThatThrownBy(() -> OneOp.quantized(LINEAR, noBias, x))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("no bias");
        assertThatThrownBy(() -> OneOp.quantized(LINEAR, new RandomLayers(18).firstRow(LINEAR, 8), x))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("no token axis");
    }

    @Test
    void refusesScalesThatAreNotNumbers() {
        QuantizedLayer layer = new RandomLayers(19).integer(LINEAR, 8);
        layer.segments().get(0).weightScale()[3] = Float.NaN;
        Tensor x = MemoryWeights.random(Shape.of(2, 21), new Random(20));
        assertThatThrownBy(() -> OneOp.quantized(LINEAR, layer, x))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("'op'")
                .hasMessageContaining("NaN");
    }
}
