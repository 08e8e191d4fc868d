package org.mixdq4j.torch.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.OneOp;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.array.Torch;
import org.mixdq4j.torch.kernel.Kernel;
import org.mixdq4j.torch.kernel.Operands;

/** Kernels of quantized layers against plain Java, and what they leave behind. */
class QuantizedKernelsTest {
    private static final Linear LINEAR = new Linear(21, 9, true);

    @ParameterizedTest(name = "{0} tokens, first row in float")
    @ValueSource(ints = {1, 4})
    void theFirstRowStaysInFloat(int tokens) {
        check(new RandomLayers(31).firstRow(LINEAR, 4, 8), Shape.of(2, tokens, 21));
    }

    @Test
    void layersWithIntegersOnBothSides() {
        check(new RandomLayers(32).integer(LINEAR, 8, 8), Shape.of(2, 4, 21));
    }

    @Test
    void layersWithAFloatSide() {
        check(new RandomLayers(33).weightOnly(LINEAR), Shape.of(2, 4, 21));
        check(new RandomLayers(34).activationOnly(LINEAR), Shape.of(2, 4, 21));
    }

    private static void check(QuantizedLayer layer, Shape shape) {
        Tensor x = MemoryWeights.random(shape, new Random(35));
        Node node = OneOp.graph(LINEAR, x).node("op");
        assertThat(Torch.failure()).isEmpty();
        try (NDManager root = Torch.newManager()) {
            NDManager own = root.newSubManager();
            Kernel kernel = QuantizedKernels.create(node, layer, shape, own);
            int held = own.getManagedArrays().size();
            for (int i = 0; i < 3; i++) {
                // One input twice and then another: a float row that was kept is of use for the first only.
                Tensor given = i < 2 ? x : MemoryWeights.random(shape, new Random(36));
                try (NDManager scratch = root.newSubManager()) {
                    NDArray[] values = {TensorBridge.copy(given, scratch)};
                    NDArray y = kernel.run(new Operands(values, new boolean[1], scratch));
                    Compare.close(TensorBridge.export(y), NaiveQuantized.run(LINEAR, layer, given, node.shape()));
                }
                assertThat(own.getManagedArrays())
                        .as("arrays left with the model")
                        .hasSize(held);
            }
        }
    }
}
