package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;

class RecordingTest {
    private final Graph graph = SmallNet.graph();
    private final MemoryWeights weights = MemoryWeights.randomFor(graph, 22);
    private final Map<String, Tensor> inputs = SmallNet.inputs(23);
    private final TorchExecutor executor = new TorchExecutor();
    private final TorchNetwork model = (TorchNetwork) executor.compile(graph, weights);

    @AfterEach
    void close() {
        executor.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"conv_in", "conv", "to_q", "to_k", "to_v", "to_out", "shortcut", "pooled"})
    void rerunEqualsARunOfTheChangedModel(String layer) {
        QuantizedLayer quantized =
                new RandomLayers(24).integer(graph.node(layer).layer(), 4);
        try (Recording recording = model.record(inputs);
                Instrumented changed = executor.compile(
                        graph, weights, QuantizedLayers.of(Map.of(layer, quantized)), Numerics.SIMULATED)) {
            Map<String, Tensor> full = changed.run(inputs);
            Map<String, Tensor> again =
                    recording.rerun(Map.of(layer, Optional.of(quantized)), Set.of("shortcut", "pooled"));
            assertThat(again.get("shortcut").toFloatArray())
                    .isEqualTo(full.get("sample").toFloatArray());
            assertThat(again.get("pooled").toFloatArray())
                    .isEqualTo(full.get("pooled").toFloatArray());
            assertThat(recording.nodesEvaluated())
                    .isLessThanOrEqualTo(graph.nodes().size())
                    .isPositive();
        }
    }

    @Test
    void recomputesOnlyWhatDependsAndIsWanted() {
        QuantizedLayer keys = new RandomLayers(25).integer(SmallNet.KEYS, 4);
        try (Recording recording = model.record(inputs)) {
            recording.rerun(Map.of("to_k", Optional.of(keys)), Set.of("pooled"));
            // to_k, attention, to_out, placed, pooled; neither the image path before nor what else reads placed.
            assertThat(recording.nodesEvaluated()).isEqualTo(5);
            Tensor block = recording
                    .rerun(Map.of("to_k", Optional.of(keys)), Set.of("block"))
                    .get("block");
            assertThat(recording.nodesEvaluated())
                    .as("a block before the change")
                    .isEqualTo(5);
            assertThat(block.toFloatArray())
                    .isEqualTo(recording.value("block.add").toFloatArray());
            recording.rerun(Map.of(), Set.of("shortcut"));
            assertThat(recording.nodesEvaluated()).as("no change").isEqualTo(5);
        }
    }

    @Test
    void theRecordingDoesNotChange() {
        Map<String, Optional<QuantizedLayer>> changes =
                Map.of("conv_in", Optional.of(new RandomLayers(26).integer(SmallNet.IN, 2)));
        try (Recording recording = model.record(inputs)) {
            Map<String, float[]> before = new HashMap<>();
            graph.nodes()
                    .forEach(n -> before.put(n.id(), recording.value(n.id()).toFloatArray()));
            int open = model.openArrays();
            for (int i = 0; i < 20; i++) {
                recording.rerun(changes, Set.of("shortcut", "tokens"));
            }
            assertThat(model.openArrays()).isEqualTo(open);
            before.forEach((id, value) ->
                    assertThat(recording.value(id).toFloatArray()).as(id).isEqualTo(value));
        }
    }

    @Test
    void aQuantizedLayerCanGoBackToFloat() {
        QuantizedLayer shortcut = new RandomLayers(27).integer(SmallNet.SHORTCUT, 4, 6);
        float[] floats = model.run(inputs).get("sample").toFloatArray();
        try (Instrumented changed = executor.compile(
                        graph, weights, QuantizedLayers.of(Map.of("shortcut", shortcut)), Numerics.SIMULATED);
                Recording recording = changed.record(inputs)) {
            assertThat(recording.value("shortcut").toFloatArray()).isNotEqualTo(floats);
            assertThat(recording
                            .rerun(Map.of("shortcut", Optional.empty()), Set.of("shortcut"))
                            .get("shortcut")
                            .toFloatArray())
                    .isEqualTo(floats);
        }
    }

    @Test
    void valuesAreFoundByNodeModuleAndInput() {
        try (Recording recording = model.record(inputs)) {
            assertThat(recording.value("block").toFloatArray())
                    .isEqualTo(recording.value("block.add").toFloatArray());
            assertThat(recording.value("text").toFloatArray())
                    .isEqualTo(inputs.get("text").toFloatArray());
            assertThatThrownBy(() -> recording.value("nowhere")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> recording.rerun(Map.of("norm", Optional.empty()), Set.of("block")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'norm' is a GroupNorm");
        }
    }

    @Test
    void aRecordingDoesNotFollowItsInputs() {
        float[] before = inputs.get("image").toFloatArray();
        try (Recording recording = model.record(inputs)) {
            inputs.get("image").floats().put(0, 1000);
            assertThat(recording.value("image").toFloatArray()).isEqualTo(before);
        }
    }
}
