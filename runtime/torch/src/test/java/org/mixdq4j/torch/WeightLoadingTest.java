package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class WeightLoadingTest {
    private static final float[] VALUES = {0, -0f, 1, -1.5f, 65504, 0x1p-24f, -3.140625f};
    private final Graph graph = SmallNet.graph();

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F64", "F32", "F16", "BF16"})
    void readsEveryFloatType(DType type) {
        Shape shape = Shape.of(VALUES.length);
        // In the middle of a larger buffer, as a tensor in a mapped file is.
        ByteBuffer bytes = ByteBuffer.allocateDirect(3 + VALUES.length * type.bytes());
        bytes.position(3);
        Tensor tensor = Tensor.wrap(type, shape, bytes);
        for (int i = 0; i < VALUES.length; i++) {
            write(tensor.buffer(), type, i, VALUES[i]);
        }
        Tensor loaded = OneOp.run(new Parameter(shape, "weight"), new MemoryWeights().put("op.weight", tensor));
        assertThat(loaded.toFloatArray()).isEqualTo(tensor.toFloatArray());
        assertThat(loaded.toFloatArray()[3]).isEqualTo(-1.5f);
    }

    @Test
    void missing() {
        MemoryWeights weights = MemoryWeights.randomFor(graph, 1);
        weights.remove("conv.bias");
        assertRefused(weights, "'conv.bias'");
    }

    @Test
    void wrongShape() {
        MemoryWeights weights = MemoryWeights.randomFor(graph, 1);
        weights.put("to_q.weight", Tensor.zeros(DType.F32, Shape.of(6, 7)));
        assertRefused(weights, "'to_q.weight' has shape [6, 7], but SmallNet needs [6, 6]");
    }

    @Test
    void integersForFloats() {
        MemoryWeights weights = MemoryWeights.randomFor(graph, 1);
        weights.put("to_q.weight", Tensor.zeros(DType.I8, Shape.of(6, 6)));
        assertRefused(weights, "'to_q.weight' is of type I8");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void notFinite(float bad) {
        for (DType type : new DType[] {DType.F32, DType.F16, DType.BF16}) {
            MemoryWeights weights = MemoryWeights.randomFor(graph, 1);
            Tensor weight = Tensor.zeros(type, Shape.of(6, 6));
            write(weight.buffer(), type, 17, bad);
            weights.put("to_q.weight", weight);
            assertRefused(weights, "'to_q.weight' holds NaN or infinity");
        }
    }

    @Test
    void weightsOfQuantizedLayersAreNotRead() {
        MemoryWeights weights = MemoryWeights.randomFor(graph, 1);
        weights.remove("to_k.weight");
        try (TorchExecutor executor = new TorchExecutor()) {
            var quantized = QuantizedLayers.of(Map.of("to_k", new RandomLayers(1).integer(SmallNet.KEYS, 8)));
            assertThat(executor.compile(graph, weights, quantized, Numerics.SIMULATED)
                            .run(SmallNet.inputs(1)))
                    .containsOnlyKeys("sample", "pooled");
        }
    }

    @Test
    void quantizedLayerOfAnotherModel() {
        try (TorchExecutor executor = new TorchExecutor()) {
            var quantized = QuantizedLayers.of(Map.of("to_z", new RandomLayers(1).integer(SmallNet.KEYS, 8)));
            assertThatThrownBy(() ->
                            executor.compile(graph, MemoryWeights.randomFor(graph, 1), quantized, Numerics.SIMULATED))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("'to_z'");
        }
    }

    private void assertRefused(MemoryWeights weights, String message) {
        try (TorchExecutor executor = new TorchExecutor()) {
            assertThatThrownBy(() -> executor.compile(graph, weights))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining(message);
            assertThat(executor.openArrays())
                    .as("nothing is left of the attempt")
                    .isZero();
        }
    }

    private static void write(ByteBuffer target, DType type, int index, float value) {
        switch (type) {
            case F64 -> target.putDouble(8 * index, value);
            case F32 -> target.putFloat(4 * index, value);
            case F16 -> target.putShort(2 * index, HalfFloats.toF16(value));
            default -> target.putShort(2 * index, (short) (Float.floatToRawIntBits(value) >>> 16));
        }
    }
}
