package org.mixdq4j.core.artifact.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.LayerQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

class PackedTensorsTest {
    private static final Shape CONV = Shape.of(6, 10, 3, 3);
    private static final List<Integer> SPLIT = List.of(7);

    private static LayerQuant form(int bits, int group) {
        return new LayerQuant(
                Optional.of(new WeightQuant(bits, group)), Optional.of(new ActivationQuant(8)), SPLIT, false);
    }

    private static QuantizedLayer layer(LayerQuant form) {
        Random random = new Random(5);
        float[] values = new float[(int) CONV.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Tensor weight = Tensor.of(CONV, values);
        List<Integer> edges = form.edges(10);
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            segments.add(SymmetricWeights.quantize(
                            weight,
                            edges.get(i),
                            edges.get(i + 1),
                            form.weight().orElseThrow(),
                            ScaleSearch.MAX_ABS)
                    .segment(edges.get(i), Optional.of(new AffineParams(0.1f, 3, 8))));
        }
        return new QuantizedLayer(segments, Optional.empty(), false);
    }

    @ParameterizedTest
    @CsvSource({"2, 0", "3, 16", "4, 0", "4, 32", "6, 16"})
    void aSplitConvolutionComesBackBitForBit(int bits, int group) {
        LayerQuant form = form(bits, group);
        QuantizedLayer layer = layer(form);
        Map<String, Tensor> tensors = LayerTensors.write("conv", layer);
        QuantizedLayer again = LayerTensors.read("conv", form, WeightSource.of(tensors));

        LayerTensorsTest.same(again, layer);
        LayerTensorsTest.sameForm(
                LayerTensors.form("conv", form, new LayerTensorsTest.WithoutWeights(tensors)), LayerForm.of(layer));
        for (int i = 0; i < 2; i++) {
            assertThat(again.segments().get(i).code())
                    .isEqualTo(layer.segments().get(i).code());
        }
        assertThat(tensors.get("conv.weight").dtype()).isEqualTo(DType.U8);
        assertThat(tensors.get("conv.weight").shape()).isEqualTo(Shape.of(6, (90 * bits + 7) / 8));
    }

    @Test
    void damageIsNamed() {
        LayerQuant form = form(4, 32);
        Map<String, Tensor> whole = LayerTensors.write("conv", layer(form));
        refuses(whole, form, "conv.weight", Tensor.zeros(DType.U8, Shape.of(6, 44)), "not U8[6, 45]");
        refuses(whole, form, "conv.weight_shape", Tensor.ofLongs(Shape.of(1), 6), "1 dimensions");
        refuses(whole, form, "conv.weight_shape", Tensor.ofLongs(Shape.of(2), 6, -1), "holds -1");
        refuses(whole, form, "conv.weight_multiplier", Tensor.zeros(DType.U8, Shape.of(6, 3)), "not U8[6, 2]");
        refuses(whole, form, "conv.weight_multiplier", Tensor.zeros(DType.I8, Shape.of(6, 2)), "not U8[6, 2]");
    }

    @Test
    void multipliersTakeTheBitsThatCodesLeaveFree() {
        Map<String, Tensor> tensors = LayerTensors.write("conv", layer(form(4, 16)));
        // 63 weights in 4 groups and 27 in 2, four bits each.
        assertThat(tensors.get("conv.weight_multiplier").shape()).isEqualTo(Shape.of(6, 3));
        assertThat(LayerTensors.write("conv", layer(form(6, 16)))
                        .get("conv.weight_multiplier")
                        .shape())
                .isEqualTo(Shape.of(6, 2));
    }

    private static void refuses(
            Map<String, Tensor> whole, LayerQuant form, String name, Tensor damaged, String sentence) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(whole);
        tensors.put(name, damaged);
        assertThatThrownBy(() -> LayerTensors.read("conv", form, WeightSource.of(tensors)))
                .isInstanceOf(MixdqException.class)
                .hasMessageContaining("conv")
                .hasMessageContaining(sentence);
    }
}
