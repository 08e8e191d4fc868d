package org.mixdq4j.sensitivity.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.sensitivity.LinearNet;
import org.mixdq4j.sensitivity.PreparedSets;
import org.mixdq4j.sensitivity.measure.Similarity;
import org.mixdq4j.sensitivity.measure.Unit;
import org.mixdq4j.sensitivity.measure.UnitMeasurement;

/** The estimate is right on average where it leaves nothing out: in a network that is linear. */
class NoiseEstimatorTest {
    private final LinearNet net = new LinearNet(6, 8, 5, 7);
    private Instrumented model;
    private UnitMeasurement unit;

    @BeforeEach
    void record() {
        model = PreparedSets.executor().compile(net.graph(), net.weights());
        Random random = new Random(6);
        List<Map<String, Tensor>> rows = new ArrayList<>();
        for (int row = 0; row < 2; row++) {
            rows.add(Map.of("sample", LinearNet.random(net.input(), random)));
        }
        UnitMeasurement.Pictures none = (step, input, outputs) -> Tensor.of(Shape.of(1, 2, 3), 0, 1, 0, 1, 0, 1);
        unit = new UnitMeasurement(new Unit(3, 0, rows), model, none, Similarity.GLOBAL, Long.MAX_VALUE);
    }

    @AfterEach
    void close() {
        unit.close();
        model.close();
    }

    private QuantizedLayer quantized(String id, int bits) {
        SymmetricWeights weight = SymmetricWeights.quantize(
                net.weights().tensor(id + ".weight"), WeightQuant.grouped(bits, 0), ScaleSearch.MAX_ABS);
        return new QuantizedLayer(List.of(weight.segment(0, Optional.empty())), Optional.empty(), false);
    }

    @Test
    void theMeanOverManyDirectionsIsTheNoise() {
        int directions = 1000;
        NoiseEstimator estimator = new NoiseEstimator(unit, model, directions, Set.of("layer1", "layer2", "layer3"));
        for (String id : List.of("layer1", "layer2", "layer3")) {
            for (int bits : new int[] {2, 4, 8}) {
                QuantizedLayer layer = quantized(id, bits);
                double exact = unit.measure(id, layer, false).noise();
                // Four of the estimate's own standard deviations.
                assertThat(estimator.noise(id, layer) / exact)
                        .as("%s at %d bits", id, bits)
                        .isEqualTo(1, within(4 * Math.sqrt(2.0 / directions)));
            }
        }
    }

    @Test
    void isTheSameWhateverIsEstimatedWithIt() {
        QuantizedLayer layer = quantized("layer2", 3);
        double all = new NoiseEstimator(unit, model, 3, Set.of("layer1", "layer2", "layer3")).noise("layer2", layer);
        double alone = new NoiseEstimator(unit, model, 3, Set.of("layer2")).noise("layer2", layer);
        assertThat(alone).isPositive().isEqualTo(all);
    }

    @Test
    void nothingChangedIsNoNoise() {
        QuantizedLayer layer = new QuantizedLayer(
                List.of(new Segment(0, 6, net.weights().tensor("layer1.weight"), null, Optional.empty())),
                Optional.empty(),
                false);
        assertThat(new NoiseEstimator(unit, model, 2, Set.of("layer1")).noise("layer1", layer))
                .isZero();
    }

    @Test
    void layersAreTakenAsTheirGradientsFit() {
        // 3 tokens of 8, 5 and 7 floats are 96, 60 and 84 bytes.
        List<String> layers = List.of("layer1", "layer2", "layer3");
        assertThat(groups(layers, 1, 240)).containsExactly(Set.of("layer1", "layer2", "layer3"));
        assertThat(groups(layers, 1, 239)).containsExactly(Set.of("layer1", "layer2"), Set.of("layer3"));
        assertThat(groups(layers, 2, 239)).containsExactly(Set.of("layer1"), Set.of("layer2"), Set.of("layer3"));
        assertThat(groups(layers, 1, 0)).containsExactly(Set.of("layer1"), Set.of("layer2"), Set.of("layer3"));
        assertThat(groups(List.of("layer3"), 1, 1000)).containsExactly(Set.of("layer3"));
        assertThat(groups(List.of(), 1, 1000)).isEmpty();
    }

    private List<Set<String>> groups(List<String> layers, int gradients, long budget) {
        return NoiseEstimator.groups(net.graph(), layers, gradients, budget);
    }
}
