package org.mixdq4j.cpu.layerwise;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.SymmetricWeights;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Torch;
import org.mixdq4j.torch.kernel.Kernel;
import org.mixdq4j.torch.kernel.Operands;
import org.mixdq4j.torch.simulate.QuantizedKernels;
import org.mixdq4j.torch.simulate.SegmentWeight;

/** Integer weights under a float input, held as codes. */
class PackedWeightTest {
    private static final Shape LARGE = Shape.of(263, 257);

    private static final Map<String, SegmentWeight.Holder> FORMS =
            Map.of("floats", SegmentWeight::floats, "bytes", SegmentWeight::bytes, "codes", PackedWeight::of);

    static Stream<Shape> shapes() {
        return Stream.of(LARGE, Shape.of(264, 256), Shape.of(84, 93, 3, 3), Shape.of(1200, 1000), Shape.of(7, 9));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void isTheDequantizedWeightBitForBit(Shape shape) {
        assertThat(Torch.failure()).isEmpty();
        Tensor weight = MemoryWeights.random(shape, new Random(51));
        try (NDManager root = Torch.newManager()) {
            for (WeightQuant quant : new WeightQuant[] {
                new WeightQuant(2),
                new WeightQuant(4),
                new WeightQuant(4, 64),
                new WeightQuant(3, 20),
                new WeightQuant(6, 24),
                new WeightQuant(8)
            }) {
                SymmetricWeights quantized = SymmetricWeights.quantize(weight, quant, ScaleSearch.MAX_ABS);
                Segment segment = quantized.segment(0, Optional.empty());
                float[] expected = quantized.dequantize().toFloatArray();
                for (Map.Entry<String, SegmentWeight.Holder> form : FORMS.entrySet()) {
                    try (NDManager own = root.newSubManager();
                            NDManager scratch = root.newSubManager()) {
                        SegmentWeight held = form.getValue().hold(segment, own);
                        for (int use = 0; use < 2; use++) {
                            assertThat(held.floats(scratch).toFloatArray())
                                    .as("%s as %s", quant, form.getKey())
                                    .isEqualTo(expected);
                        }
                        boolean large = shape.elements() >= 1 << 16;
                        double bits = 8.0 * bytes(own) / shape.elements();
                        double groups = quant.group() == 0 ? 0 : 8.0 / quant.group();
                        double scales = 32.0 * shape.dim(0) / shape.elements();
                        double least = form.getKey().equals("floats")
                                ? 32
                                : form.getKey().equals("codes") && large ? quant.bits() + groups : 8;
                        if (large) {
                            assertThat(bits)
                                    .as("bits a weight of %s as %s", quant, form.getKey())
                                    .isBetween(least, 1.1 * least + scales + 0.1);
                        }
                    }
                }
            }
        }
    }

    @Test
    void integerExecutionHoldsCodesAndSimulationFloats() {
        assertThat(Torch.failure()).isEmpty();
        Linear op = new Linear(LARGE.dim(1), LARGE.dim(0), false);
        Tensor weight = MemoryWeights.random(LARGE, new Random(52));
        Segment segment = SymmetricWeights.quantize(weight, new WeightQuant(4, 64), ScaleSearch.MAX_ABS)
                .segment(0, Optional.empty());
        QuantizedLayer layer = new QuantizedLayer(List.of(segment), Optional.empty(), false);
        Tensor x = MemoryWeights.random(Shape.of(3, LARGE.dim(1)), new Random(53));
        GraphBuilder one = new GraphBuilder("One");
        one.output("out", one.add("op", op, one.input("x", x.dtype(), x.shape())));
        Node node = one.build().node("op");
        try (NDManager root = Torch.newManager();
                QuantizedKernels kernels = new QuantizedKernels(new OneDnnBodies(id -> {}))) {
            float[][] outputs = new float[2][];
            for (Arithmetic arithmetic : Arithmetic.values()) {
                try (NDManager own = root.newSubManager();
                        NDManager scratch = root.newSubManager();
                        Kernel kernel = kernels.create(node, layer, x.shape(), arithmetic, own)) {
                    NDArray[] values = {TensorBridge.copy(x, scratch)};
                    outputs[arithmetic.ordinal()] = kernel.run(new Operands(values, new boolean[1], scratch))
                            .toFloatArray();
                    double bits = 8.0 * bytes(own) / LARGE.elements();
                    assertThat(bits)
                            .isBetween(
                                    arithmetic == Arithmetic.INTEGER ? 4.0 : 32,
                                    arithmetic == Arithmetic.INTEGER ? 4.7 : 33);
                }
            }
            assertThat(outputs[0]).isEqualTo(outputs[1]);
        }
    }

    private static long bytes(NDManager manager) {
        return manager.getManagedArrays().stream()
                .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
                .sum();
    }
}
