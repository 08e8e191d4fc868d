package org.mixdq4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cpu.program.ProgramExecutor;

/** What a compiled model says its weights take, and that packed ones compute what others do. */
class WeightBytesTest {
    private static final Conv2d CONV = new Conv2d(128, 128, 3, 3, 1, Conv2d.Padding.same(1), true);
    private static final Linear LINEAR = new Linear(512, 256, true);
    private static final long WEIGHTS = 128 * 128 * 9 + 512 * 256;
    private static final int OUTPUTS = 128 + 256;
    private final ProgramExecutor executor = new ProgramExecutor();
    private final Graph graph = graph();
    private final MemoryWeights weights = MemoryWeights.randomFor(graph, 61);

    @AfterEach
    void close() {
        executor.close();
    }

    @Test
    void floatModelsTakeFourBytesAWeight() {
        assertThat(executor.compile(graph, weights).weightBytes()).isEqualTo(4 * (WEIGHTS + OUTPUTS));
    }

    @Test
    void fourBitsTakeHalfOfEight() {
        long w8 = bytes(new WeightQuant(8), true);
        // Besides the integers: a scale, a bias and a compensation of the zero point for each output, and little else.
        assertThat(w8).isBetween(WEIGHTS + 8L * OUTPUTS, WEIGHTS + 12L * OUTPUTS + 64);
        assertThat(bytes(new WeightQuant(4), true) / (double) w8).isBetween(0.5, 0.52);
        assertThat(bytes(new WeightQuant(4, 64), true) / (double) w8).isBetween(0.515, 0.55);
        assertThat(bytes(new WeightQuant(2), true) / (double) w8).isBetween(0.25, 0.28);
    }

    @Test
    void integerWeightsUnderFloatInputsTakeTheirBitsToo() {
        long w8 = bytes(new WeightQuant(8), false);
        assertThat(w8).isEqualTo(WEIGHTS + 8L * OUTPUTS);
        assertThat(bytes(new WeightQuant(4, 64), false) / (double) w8).isBetween(0.515, 0.54);
    }

    @Test
    void integerWeightsUnderFloatInputsComputeWhatTheirFloatsDo() {
        Map<String, Tensor> inputs = Map.of(
                "image", MemoryWeights.random(Shape.of(1, 128, 6, 5), new Random(62)),
                "text", MemoryWeights.random(Shape.of(2, 4, 512), new Random(63)));
        for (WeightQuant quant : List.of(new WeightQuant(8), new WeightQuant(4, 64), new WeightQuant(3))) {
            MemoryWeights floats = MemoryWeights.randomFor(graph, 61);
            for (String id : List.of("conv", "linear")) {
                Tensor weight = weights.tensor(id + ".weight");
                floats.put(
                        id + ".weight",
                        SymmetricWeights.quantize(weight, quant, ScaleSearch.MAX_ABS)
                                .dequantize());
            }
            try (Network expected = executor.compile(graph, floats);
                    Network found = compile(quant, false)) {
                Map<String, Tensor> reference = expected.run(inputs);
                for (int run = 0; run < 2; run++) {
                    found.run(inputs).forEach((name, value) -> assertThat(Compare.sqnr(value, reference.get(name)))
                            .as(name)
                            .isGreaterThan(120));
                }
            }
        }
    }

    private long bytes(WeightQuant quant, boolean integerInput) {
        try (Network model = compile(quant, integerInput)) {
            return model.weightBytes();
        }
    }

    private Network compile(WeightQuant quant, boolean integerInput) {
        Optional<InputQuant> range = integerInput ? Optional.of(AffineParams.ofRange(-0.8, 1, 8)) : Optional.empty();
        Map<String, QuantizedLayer> layers = new HashMap<>();
        for (String id : List.of("conv", "linear")) {
            SymmetricWeights quantized =
                    SymmetricWeights.quantize(weights.tensor(id + ".weight"), quant, ScaleSearch.MAX_ABS);
            layers.put(
                    id,
                    new QuantizedLayer(
                            List.of(quantized.segment(0, range)), Optional.of(weights.tensor(id + ".bias")), false));
        }
        return executor.compile(graph, weights, QuantizedLayers.of(layers), Numerics.INTEGER);
    }

    private static Graph graph() {
        GraphBuilder b = new GraphBuilder("Layers");
        Value image = b.input("image", DType.F32, Shape.of(1, 128, 6, 5));
        Value text = b.input("text", DType.F32, Shape.of(2, 4, 512));
        b.output("conv", b.add("conv", CONV, image));
        b.output("linear", b.add("linear", LINEAR, text));
        return b.build();
    }
}
