package org.mixdq4j.core.artifact.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

class LayerTensorsTest {
    private static final Optional<WeightQuant> W8 = Optional.of(new WeightQuant(8));
    private static final Optional<ActivationQuant> A8 = Optional.of(new ActivationQuant(8));
    private static final int OUTPUTS = 3;

    private static Segment segment(int from, int to, int... kernel) {
        int[] dims = new int[2 + kernel.length];
        dims[0] = OUTPUTS;
        dims[1] = to - from;
        System.arraycopy(kernel, 0, dims, 2, kernel.length);
        Tensor weight = Tensor.zeros(DType.I8, Shape.of(dims));
        byte[] bytes = new byte[weight.buffer().capacity()];
        new Random(from).nextBytes(bytes);
        weight.buffer().put(bytes);
        return new Segment(
                from,
                to,
                weight,
                new float[] {0.1f + from, 0.2f, 0.3f},
                Optional.of(new AffineParams(0.5f + from, 7 + from, 8)));
    }

    private static QuantizedLayer again(QuantizedLayer layer, LayerQuant quant) {
        Map<String, Tensor> tensors = LayerTensors.write("fc", layer);
        sameForm(LayerTensors.form("fc", quant, new WithoutWeights(tensors)), LayerForm.of(layer));
        return LayerTensors.read("fc", quant, WeightSource.of(tensors));
    }

    static void sameForm(LayerForm found, LayerForm expected) {
        assertThat(found.segments()).isEqualTo(expected.segments());
        assertThat(found.weightBits()).isEqualTo(expected.weightBits());
        assertThat(found.bos()).isEqualTo(expected.bos());
        assertThat(found.rotation()).isEqualTo(expected.rotation());
        assertThat(found.factors().map(FloatBuffer::wrap))
                .isEqualTo(expected.factors().map(FloatBuffer::wrap));
    }

    /** Tensors whose weights can be seen from outside only. */
    record WithoutWeights(Map<String, Tensor> tensors) implements WeightSource {
        @Override
        public Set<String> names() {
            return tensors.keySet();
        }

        @Override
        public Tensor tensor(String name) {
            assertThat(name).doesNotEndWith(".weight").doesNotEndWith(".weight_multiplier");
            return tensors.get(name);
        }

        @Override
        public DType dtype(String name) {
            return tensors.get(name).dtype();
        }

        @Override
        public Shape shape(String name) {
            return tensors.get(name).shape();
        }
    }

    static void same(QuantizedLayer found, QuantizedLayer expected) {
        assertThat(found.bos()).isEqualTo(expected.bos());
        assertThat(found.segments()).hasSameSizeAs(expected.segments());
        for (int i = 0; i < expected.segments().size(); i++) {
            Segment a = found.segments().get(i);
            Segment b = expected.segments().get(i);
            assertThat(a.from()).isEqualTo(b.from());
            assertThat(a.to()).isEqualTo(b.to());
            assertThat(a.weight().dtype()).isEqualTo(b.weight().dtype());
            assertThat(a.weight().shape()).isEqualTo(b.weight().shape());
            assertThat(a.weight().buffer()).isEqualTo(b.weight().buffer());
            assertThat(a.weightScale()).isEqualTo(b.weightScale());
            assertThat(a.code()).isEqualTo(b.code());
            assertThat(a.activation()).isEqualTo(b.activation());
        }
        assertThat(found.rotation()).isEqualTo(expected.rotation());
        assertThat(found.inputMultiplier().map(FloatBuffer::wrap))
                .isEqualTo(expected.inputMultiplier().map(FloatBuffer::wrap));
        same(found.bias(), expected.bias());
    }

    private static void same(Optional<Tensor> found, Optional<Tensor> expected) {
        assertThat(found.map(Tensor::toString)).isEqualTo(expected.map(Tensor::toString));
        assertThat(found.map(Tensor::buffer)).isEqualTo(expected.map(Tensor::buffer));
    }

    @Test
    void aLinearLayer() {
        QuantizedLayer layer =
                new QuantizedLayer(List.of(segment(0, 5)), Optional.of(Tensor.of(Shape.of(3), 1, 2, 3)), false);

        same(again(layer, new LayerQuant(W8, A8, List.of(), false)), layer);
    }

    @Test
    void aSplitConvolutionWithABiasInHalves() {
        Tensor bias = Tensor.zeros(DType.F16, Shape.of(3));
        bias.buffer().putShort(2, (short) 0x3c01);
        QuantizedLayer layer = new QuantizedLayer(
                List.of(segment(0, 2, 3, 1), segment(2, 3, 3, 1), segment(3, 7, 3, 1)), Optional.of(bias), false);

        Map<String, Tensor> tensors = LayerTensors.write("fc", layer);

        assertThat(tensors.get("fc.weight").shape()).isEqualTo(Shape.of(3, 7, 3, 1));
        assertThat(tensors.get("fc.weight_scale").shape()).isEqualTo(Shape.of(3, 3));
        assertThat(tensors.get("fc.input_scale").toFloatArray()).containsExactly(0.5f, 2.5f, 3.5f);
        assertThat(tensors.get("fc.input_zero_point").toLongArray()).containsExactly(7, 9, 10);
        same(again(layer, new LayerQuant(W8, A8, List.of(2, 3), false)), layer);
    }

    @Test
    void aTextProjection() {
        QuantizedLayer layer = new QuantizedLayer(List.of(segment(0, 5)), Optional.empty(), true);

        same(again(layer, new LayerQuant(W8, A8, List.of(), true)), layer);
    }

    @Test
    void weightsOnlyAndActivationsOnly() {
        Segment whole = segment(0, 5);
        Segment weights = new Segment(0, 5, whole.weight(), whole.weightScale(), Optional.empty());
        Segment inputs = new Segment(0, 5, Tensor.zeros(DType.F16, Shape.of(3, 5)), null, whole.activation());
        QuantizedLayer w = new QuantizedLayer(List.of(weights), Optional.empty(), false);
        QuantizedLayer a = new QuantizedLayer(List.of(inputs), Optional.empty(), false);

        same(again(w, new LayerQuant(W8, Optional.empty(), List.of(), false)), w);
        same(again(a, new LayerQuant(Optional.empty(), A8, List.of(), false)), a);
    }

    @Test
    void anInputQuantizedTokenByTokenHasNoRangeAndBalancedChannelsHaveFactors() {
        Optional<ActivationQuant> token = Optional.of(new ActivationQuant(6, ActivationQuant.Granularity.TOKEN));
        List<Segment> segments = Stream.of(segment(0, 2), segment(2, 5))
                .map(s -> new Segment(s.from(), s.to(), s.weight(), s.weightScale(), Optional.of(new TokenParams(6))))
                .toList();
        QuantizedLayer plain = new QuantizedLayer(segments, Optional.empty(), false);
        QuantizedLayer balanced =
                new QuantizedLayer(segments, Optional.empty(), true, Optional.of(new float[] {1, 0.5f, 3, 4, 1e-3f}));
        LayerQuant quant = new LayerQuant(W8, token, List.of(2), false);

        Map<String, Tensor> tensors = LayerTensors.write("fc", balanced);

        assertThat(LayerTensors.write("fc", plain).keySet()).containsExactly("fc.weight", "fc.weight_scale");
        assertThat(tensors.keySet()).containsExactly("fc.weight", "fc.weight_scale", "fc.input_multiplier");
        same(again(plain, quant), plain);
        same(again(balanced, new LayerQuant(W8, token, List.of(2), true, true)), balanced);
        tensors.put("fc.input_multiplier", Tensor.of(Shape.of(5), 1, 1, -1, 1, 1));
        assertThatThrownBy(() -> LayerTensors.read("fc", quant.balanced(true), WeightSource.of(tensors)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("input_multiplier")
                .hasMessageContaining("-1.0");
        tensors.remove("fc.input_multiplier");
        assertThatThrownBy(() -> LayerTensors.read("fc", quant.balanced(true), WeightSource.of(tensors)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("fc.input_multiplier");
    }

    @Test
    void aRotatedInputNeedsNoTensorAndHasToFit() {
        Optional<ActivationQuant> token = Optional.of(new ActivationQuant(8, ActivationQuant.Granularity.TOKEN));
        List<Segment> segments = Stream.of(segment(0, 16), segment(16, 48))
                .map(s -> new Segment(s.from(), s.to(), s.weight(), s.weightScale(), Optional.of(new TokenParams(8))))
                .toList();
        QuantizedLayer layer = new QuantizedLayer(segments, Optional.empty(), true, Optional.empty(), 16);
        LayerQuant quant = new LayerQuant(W8, token, List.of(16), true, false, 16);

        assertThat(LayerTensors.write("fc", layer).keySet()).containsExactly("fc.weight", "fc.weight_scale");
        same(again(layer, quant), layer);
        Map<String, Tensor> tensors = LayerTensors.write("fc", layer);
        for (int wrong : new int[] {64, 256}) {
            assertThatThrownBy(() -> LayerTensors.read("fc", quant.rotated(wrong), WeightSource.of(tensors)))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("in runs of " + wrong)
                    .hasMessageContaining("split at [16]");
        }
    }

    private static Consumer<Map<String, Tensor>> put(String suffix, Tensor tensor) {
        return tensors -> tensors.put("fc." + suffix, tensor);
    }

    static Stream<Arguments> damages() {
        Tensor nan = Tensor.of(Shape.of(2, 3), 1, 1, 1, Float.NaN, 1, 1);
        Tensor zeroPoints = Tensor.zeros(DType.I32, Shape.of(2));
        zeroPoints.buffer().putInt(4, 256);
        return Stream.of(
                damage("weight of another type", put("weight", Tensor.zeros(DType.F32, Shape.of(3, 5))), "not I8"),
                damage("weight without inputs", put("weight", Tensor.zeros(DType.I8, Shape.of(3))), "no input axis"),
                damage("weight too narrow", put("weight", Tensor.zeros(DType.I8, Shape.of(3, 2))), "does not part 2"),
                damage("weight gone", t -> t.remove("fc.weight"), "no tensor 'fc.weight'"),
                damage("scales gone", t -> t.remove("fc.weight_scale"), "no tensor 'fc.weight_scale'"),
                damage("scales of one segment", put("weight_scale", Tensor.of(Shape.of(1, 3), 1, 1, 1)), "[1, 3]"),
                damage("scale not a number", put("weight_scale", nan), "scale NaN"),
                damage("scale zero", put("input_scale", Tensor.of(Shape.of(2), 1, 0)), "scale 0.0"),
                damage("scale infinite", put("input_scale", Tensor.of(Shape.of(2), 1, 1f / 0)), "scale Infinity"),
                damage("scale an integer", put("input_scale", Tensor.zeros(DType.I32, Shape.of(2))), "type I32"),
                damage("zero point too big", put("input_zero_point", zeroPoints), "zero point 256"),
                damage("zero points too few", put("input_zero_point", Tensor.zeros(DType.I32, Shape.of(1))), "1 zero"),
                damage("zero points floats", put("input_zero_point", Tensor.of(Shape.of(2), 1, 1)), "type F32"));
    }

    private static Arguments damage(String name, Consumer<Map<String, Tensor>> harm, String message) {
        return Arguments.arguments(name, harm, message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damages")
    void refusesDamagedTensors(String name, Consumer<Map<String, Tensor>> harm, String message) {
        QuantizedLayer layer = new QuantizedLayer(List.of(segment(0, 2), segment(2, 5)), Optional.empty(), true);
        Map<String, Tensor> tensors = new LinkedHashMap<>(LayerTensors.write("fc", layer));
        harm.accept(tensors);
        LayerQuant quant = new LayerQuant(W8, A8, List.of(2), true);

        assertThatThrownBy(() -> LayerTensors.read("fc", quant, WeightSource.of(tensors)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("fc")
                .hasMessageContaining(message);
    }

    @ParameterizedTest(name = "split {0}")
    @MethodSource("wrongSplits")
    void refusesASplitThatDoesNotPartTheInputs(List<Integer> split) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(LayerTensors.write(
                "fc", new QuantizedLayer(List.of(segment(0, 2), segment(2, 5)), Optional.empty(), false)));
        int count = split.size() + 1;
        tensors.put("fc.weight_scale", Tensor.of(Shape.of(count, OUTPUTS), ones(count * OUTPUTS)));
        tensors.put("fc.input_scale", Tensor.of(Shape.of(count), ones(count)));
        tensors.put("fc.input_zero_point", Tensor.zeros(DType.I32, Shape.of(count)));

        assertThatThrownBy(
                        () -> LayerTensors.read("fc", new LayerQuant(W8, A8, split, false), WeightSource.of(tensors)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("its split " + split + " does not part 5 input channels");
    }

    static Stream<List<Integer>> wrongSplits() {
        return Stream.of(List.of(0), List.of(5), List.of(9), List.of(-1), List.of(3, 3), List.of(4, 2));
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        java.util.Arrays.fill(ones, 1);
        return ones;
    }
}
