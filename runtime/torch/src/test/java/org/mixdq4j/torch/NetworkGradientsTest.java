package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * The gradient at every layer of a denoising network foretells how the output moves when the layer's weight does: then its value moves
 * along a line, and both movements can be seen in re-runs.
 */
class NetworkGradientsTest {
    /**
     * How far the output is moved along the direction, as parts of its length. The longest way is far from straight where
     * a trained network hardly answers to a layer, which then must change much: Richardson's extrapolation from each way
     * and the next takes out most of its bend, and the best of them counts. A wrong gradient disagrees with all.
     */
    private static final double[] WAYS = {1.28e-4, 3.2e-5, 8e-6, 2e-6};

    private static final int MANY = 20;

    /** Behind the last joint attention only the picture is read, so that what the text asked for is of no use. */
    private static final String UNREAD = "transformer_blocks.2.attn.add_q_proj";

    /**
     * The fixtures' weights are random and every layer matters: 6e-4 was seen. The trained network's bottleneck matters so
     * little to its output that differences of float32 outputs tell its slopes to a percent at best.
     */
    @ParameterizedTest
    @CsvSource({
        "fixtures/unet_sdxl, 2e-3",
        "fixtures/unet_sd15, 2e-3",
        "fixtures/unet_lcm, 2e-3",
        "fixtures/mmdit_sd3, 2e-3",
        "fixtures/mmdit_sd35, 2e-3",
        ShippedUNet.TURBO + ", 3e-2"
    })
    void foretellTheOutputsMovement(String network, double tolerance) {
        try (ShippedUNet unet = ShippedUNet.open(network);
                TorchExecutor executor = new TorchExecutor()) {
            Graph graph = unet.graph();
            TorchNetwork model = (TorchNetwork) executor.compile(graph, unet.weights());
            int open = model.openArrays();
            Random random = new Random(41);
            Map<String, Tensor> inputs = unet.inputs(42);
            String output = graph.outputs().keySet().iterator().next();
            Tensor direction = MemoryWeights.random(graph.shape(graph.outputs().get(output)), random);
            Set<String> layers = new LinkedHashSet<>();
            graph.layers().forEach(layer -> layers.add(layer.id()));
            Map<String, Tensor> gradients = model.gradients(inputs, output, direction, layers);
            assertThat(model.openArrays()).isEqualTo(open);
            Map<String, Double> errors = new LinkedHashMap<>();
            try (Recording recording = model.record(inputs)) {
                Line line = new Line(recording, unet.weights(), graph.outputs().get(output), direction, random);
                for (Node layer : someOf(graph)) {
                    if (layer.id().equals(UNREAD)) {
                        assertThat(gradients.get(UNREAD).toFloatArray()).containsOnly(0);
                        continue;
                    }
                    errors.put(layer.id(), line.error(layer, gradients.get(layer.id())));
                }
            }
            System.out.printf(
                    "%-30s %3d layers, worst relative error %.1e%n",
                    network,
                    errors.size(),
                    errors.values().stream()
                            .mapToDouble(Double::doubleValue)
                            .max()
                            .orElseThrow());
            assertThat(errors)
                    .hasSizeGreaterThan(MANY / 2)
                    .allSatisfy((id, error) -> assertThat(error).as(id).isLessThan(tolerance));
            model.close();
            assertThat(executor.openArrays()).isZero();
        }
    }

    /** Each takes eight re-runs: the first of every kind, told by who reads it, and every few of the rest. */
    private static List<Node> someOf(Graph graph) {
        Map<String, Set<String>> readers = new HashMap<>();
        graph.nodes().forEach(node -> node.inputs().forEach(id -> readers.computeIfAbsent(id, key -> new TreeSet<>())
                .add(node.op().name())));
        List<Node> some = new ArrayList<>();
        Set<String> kinds = new HashSet<>();
        int every = 1 + graph.layers().size() / MANY;
        for (int i = 0; i < graph.layers().size(); i++) {
            Node layer = graph.layers().get(i);
            if (kinds.add(layer.op().name() + " for " + readers.get(layer.id())) || i % every == 0) {
                some.add(layer);
            }
        }
        return some;
    }

    /** Moves layers' values by moving their weights. */
    private record Line(Recording recording, WeightSource weights, String output, Tensor direction, Random random) {
        /** How far what is seen is from what the gradient says, as a part of that. */
        double error(Node layer, Tensor gradient) {
            Tensor out = recording.value(output);
            double length = Math.sqrt(Compare.dot(out, out) * Compare.dot(direction, direction));
            Tensor weight = weights.tensor(layer.id() + ".weight").toF32();
            Tensor input = recording.value(layer.inputs().get(0));
            Tensor uphill = WeightMoves.uphill(layer.layer(), input, gradient, length, random);
            double best = Double.POSITIVE_INFINITY;
            double longer = Double.NaN;
            for (double way : WAYS) {
                Map<String, Tensor> up = moved(layer, weight, uphill, way);
                Map<String, Tensor> down = moved(layer, weight, uphill, -way);
                double seen = Compare.dot(direction, up.get(output)) - Compare.dot(direction, down.get(output));
                double foretold =
                        Compare.dot(gradient, up.get(layer.id())) - Compare.dot(gradient, down.get(layer.id()));
                double ratio = seen / foretold;
                if (!Double.isNaN(longer)) {
                    double error = Math.abs((16 * ratio - longer) / 15 - 1);
                    best = Math.min(best, error);
                }
                longer = ratio;
            }
            return best;
        }

        private Map<String, Tensor> moved(Node layer, Tensor weight, Tensor move, double step) {
            float[] w = weight.toFloatArray();
            float[] m = move.toFloatArray();
            for (int i = 0; i < w.length; i++) {
                w[i] += (float) (step * m[i]);
            }
            Segment all = new Segment(0, layer.layer().inputs(), Tensor.of(weight.shape(), w), null, Optional.empty());
            Optional<Tensor> bias =
                    layer.layer().bias() ? Optional.of(weights.tensor(layer.id() + ".bias")) : Optional.empty();
            QuantizedLayer changed = new QuantizedLayer(List.of(all), bias, false);
            return recording.rerun(
                    Map.of(layer.id(), Optional.of(changed)), new LinkedHashSet<>(List.of(layer.id(), output)));
        }
    }

    @Test
    void whatTheOutputDoesNotDependOnHasNone() {
        Graph graph = SmallNet.graph();
        try (TorchExecutor executor = new TorchExecutor();
                Instrumented model = executor.compile(graph, MemoryWeights.randomFor(graph, 43))) {
            Tensor direction = MemoryWeights.random(graph.shape("pooled"), new Random(44));
            Map<String, Tensor> gradients = model.gradients(
                    SmallNet.inputs(45), "pooled", direction, Set.of("shortcut", "gate", "pooled", "block", "to_k"));
            assertThat(gradients.get("shortcut").shape()).isEqualTo(graph.shape("shortcut"));
            assertThat(gradients.get("shortcut").toFloatArray()).containsOnly(0);
            assertThat(gradients.get("gate").toFloatArray()).containsOnly(0);
            assertThat(gradients.get("pooled").toFloatArray()).isEqualTo(direction.toFloatArray());
            assertThat(gradients.get("to_k").toFloatArray()).doesNotContain(0);
            assertThat(gradients.get("block").toFloatArray())
                    .as("a module's gradient is that of its last node")
                    .isEqualTo(model.gradients(SmallNet.inputs(45), "pooled", direction, Set.of("block.add"))
                            .get("block.add")
                            .toFloatArray());
            assertThat(model.gradients(SmallNet.inputs(45), "pooled", direction, Set.of("gate"))
                            .get("gate")
                            .toFloatArray())
                    .containsOnly(0);
        }
    }

    /** PyTorch keeps factors for the way back; one in a Java buffer would be gone by then whenever the collector ran. */
    @Test
    void theGarbageCollectorMovesNothing() throws InterruptedException {
        Graph graph = SmallNet.graph();
        AtomicBoolean done = new AtomicBoolean();
        Thread churn = new Thread(() -> {
            while (!done.get()) {
                for (int i = 0; i < 1000; i++) {
                    ByteBuffer.allocateDirect(Float.BYTES).putInt(0x7f7f7f7f);
                }
                System.gc();
            }
        });
        try (TorchExecutor executor = new TorchExecutor();
                Instrumented model = executor.compile(graph, MemoryWeights.randomFor(graph, 52))) {
            Tensor direction = MemoryWeights.random(graph.shape("shortcut"), new Random(53));
            churn.start();
            float[] first = null;
            for (int i = 0; i < 100; i++) {
                float[] again = model.gradients(SmallNet.inputs(54), "sample", direction, Set.of("to_q"))
                        .get("to_q")
                        .toFloatArray();
                first = first == null ? again : first;
                assertThat(again).isEqualTo(first);
            }
        } finally {
            done.set(true);
            churn.join();
        }
    }

    @Test
    void aRunAfterwardsGivesTheSameBits() {
        Graph graph = SmallNet.graph();
        try (TorchExecutor executor = new TorchExecutor();
                Instrumented model = executor.compile(graph, MemoryWeights.randomFor(graph, 46))) {
            float[] before = model.run(SmallNet.inputs(47)).get("sample").toFloatArray();
            Tensor direction = MemoryWeights.random(graph.shape("shortcut"), new Random(48));
            model.gradients(SmallNet.inputs(47), "sample", direction, Set.of("conv_in", "conv", "to_v"));
            assertThat(model.run(SmallNet.inputs(47)).get("sample").toFloatArray())
                    .isEqualTo(before);
        }
    }

    @Test
    void refusesWhatItCannotDo() {
        Graph graph = SmallNet.graph();
        MemoryWeights weights = MemoryWeights.randomFor(graph, 49);
        Tensor direction = Tensor.zeros(DType.F32, graph.shape("shortcut"));
        Map<String, Tensor> inputs = SmallNet.inputs(50);
        try (TorchExecutor executor = new TorchExecutor();
                TorchNetwork model = (TorchNetwork) executor.compile(graph, weights)) {
            int open = model.openArrays();
            assertThatThrownBy(() -> model.gradients(inputs, "sample", direction, Set.of("conv", "nowhere")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'nowhere'");
            assertThatThrownBy(() -> model.gradients(inputs, "latents", direction, Set.of("conv")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'latents'");
            assertThatThrownBy(() -> model.gradients(inputs, "pooled", direction, Set.of("conv")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'pooled' must be F32[2, 25, 3], got F32[2, 6, 5, 5]");
            Map<String, Tensor> without = new HashMap<>(inputs);
            without.remove("text");
            assertThatThrownBy(() -> model.gradients(without, "sample", direction, Set.of("conv")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'text'");
            assertThat(model.openArrays()).isEqualTo(open);
            QuantizedLayer keys = new RandomLayers(51).integer(SmallNet.KEYS, 8);
            Instrumented quantized =
                    executor.compile(graph, weights, QuantizedLayers.of(Map.of("to_k", keys)), Numerics.SIMULATED);
            assertThatThrownBy(() -> quantized.gradients(inputs, "sample", direction, Set.of("conv")))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("'to_k'")
                    .hasMessageContaining("every layer in float");
        }
    }
}
