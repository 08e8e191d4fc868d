package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/** A recording that may keep little gives the bits of one that keeps everything, for more work the less it keeps. */
class RecordingBudgetTest {
    private final TorchExecutor executor = new TorchExecutor();

    @AfterEach
    void close() {
        executor.close();
    }

    @Test
    void theBudgetChangesTheWorkAndNotTheBits() {
        try (ShippedUNet unet = ShippedUNet.open("fixtures/unet_sdxl")) {
            Graph graph = unet.graph();
            TorchNetwork model = (TorchNetwork) executor.compile(graph, unet.weights());
            Map<String, Tensor> inputs = unet.inputs(1);
            long all = bytes(graph);
            List<Node> layers = graph.layers();
            List<Node> changed = List.of(layers.get(layers.size() / 4), layers.get(layers.size() - 2));
            List<Map<String, float[]>> results = new ArrayList<>();
            List<Long> work = new ArrayList<>();
            int open = model.openArrays();
            for (long budget : new long[] {0, all / 3, 2 * all / 3, all, Long.MAX_VALUE}) {
                try (Recording recording = model.record(inputs, budget)) {
                    assertThat(recording.nodesEvaluated()).isZero();
                    results.add(rerun(graph, recording, changed));
                    work.add(recording.nodesEvaluated());
                }
                assertThat(model.openArrays()).isEqualTo(open);
            }
            for (Map<String, float[]> result : results) {
                assertThat(result.keySet()).isEqualTo(results.get(0).keySet());
                result.forEach((id, bits) ->
                        assertThat(bits).as(id).isEqualTo(results.get(0).get(id)));
            }
            System.out.println("nodes evaluated with none, a third, two thirds, all kept: " + work);
            assertThat(work.get(0)).isGreaterThan(work.get(1));
            assertThat(work.get(1)).isGreaterThan(work.get(2));
            assertThat(work.get(2)).isGreaterThanOrEqualTo(work.get(3));
            assertThat(work.get(3)).isEqualTo(work.get(4));
        }
    }

    /** Outputs with each layer changed, and some values in between. */
    private static Map<String, float[]> rerun(Graph graph, Recording recording, List<Node> changed) {
        Map<String, float[]> bits = new HashMap<>();
        String output = graph.outputs().values().iterator().next();
        for (Node layer : changed) {
            QuantizedLayer quantized = new RandomLayers(61).integer(layer.layer(), 8);
            recording
                    .rerun(Map.of(layer.id(), Optional.of(quantized)), Set.of(output))
                    .forEach((id, value) -> bits.put(layer.id() + " -> " + id, value.toFloatArray()));
            bits.put(layer.id(), recording.value(layer.id()).toFloatArray());
        }
        bits.put(output, recording.value(output).toFloatArray());
        graph.nodes().stream()
                .filter(node -> node.op() instanceof Activate)
                .skip(5)
                .limit(2)
                .forEach(node -> bits.put(node.id(), recording.value(node.id()).toFloatArray()));
        return bits;
    }

    @Test
    void countsWhatIsComputedAgain() {
        Graph graph = SmallNet.graph();
        TorchNetwork model = (TorchNetwork) executor.compile(graph, MemoryWeights.randomFor(graph, 62));
        Map<String, Tensor> inputs = SmallNet.inputs(63);
        try (Recording all = model.record(inputs);
                Recording none = model.record(inputs, 0)) {
            for (String kept : List.of("shortcut", "pooled", "image", "table")) {
                assertThat(none.value(kept).toFloatArray())
                        .isEqualTo(all.value(kept).toFloatArray());
            }
            assertThat(none.nodesEvaluated())
                    .as("inputs, outputs and parameters are kept")
                    .isZero();
            assertThat(none.value("act").toFloatArray())
                    .isEqualTo(all.value("act").toFloatArray());
            assertThat(none.nodesEvaluated()).as("conv_in, norm, act").isEqualTo(3);
            none.rerun(Map.of("to_k", Optional.empty()), Set.of("pooled"));
            assertThat(none.nodesEvaluated())
                    .as("all but joined, shortcut and what leads there, and the table")
                    .isEqualTo(3 + 14);
            assertThat(all.nodesEvaluated()).isZero();
        }
    }

    @Test
    void keepsWhatIsMostWorkPerByte() {
        Graph graph = SmallNet.graph();
        // A score costs the attention 32 multiplications and more, the convolutions cost 6 * 9 and 4 * 9 a float,
        // others 32.
        long attention = graph.shape("attention").elements() * Float.BYTES;
        long conv = attention + graph.shape("conv").elements() * Float.BYTES;
        long both = conv + graph.shape("conv_in").elements() * Float.BYTES;
        assertThat(Retention.of(graph, attention - 1)).doesNotContain("attention", "conv");
        assertThat(Retention.of(graph, conv)).contains("attention", "conv").doesNotContain("conv_in", "norm", "flat");
        assertThat(Retention.of(graph, both - 1)).doesNotContain("conv_in");
        assertThat(Retention.of(graph, both))
                .contains("attention", "conv", "conv_in")
                .doesNotContain("norm", "flat");
        for (long budget = 0; budget < bytes(graph); budget += 100) {
            assertThat(Retention.of(graph, budget + 100)).containsAll(Retention.of(graph, budget));
        }
    }

    @Test
    void viewsOfKeptValuesAreKeptForNothing() {
        Graph graph = SmallNet.graph();
        // "block.add" is what "flat" is a view of.
        for (long budget = 0; budget < bytes(graph); budget += 100) {
            Set<String> kept = Retention.of(graph, budget);
            assertThat(kept.contains("flat")).isEqualTo(kept.contains("block.add"));
        }
        GraphBuilder b = new GraphBuilder("View");
        Value x = b.input("x", DType.F32, Shape.of(4));
        b.output("out", b.add("view", new Reshape(Shape.of(2, 2)), b.add("y", silu(), b.add("z", silu(), x))));
        assertThat(Retention.of(b.build(), 0)).containsExactlyInAnyOrder("x", "y", "view");
    }

    @Test
    void freesWhatItDoesNotKeepWhileItRecords() {
        GraphBuilder b = new GraphBuilder("Chain");
        Value x = b.input("x", DType.F32, Shape.of(3));
        for (int i = 0; i < 50; i++) {
            x = b.add("n" + i, silu(), x);
        }
        b.output("out", x);
        TorchNetwork chain = (TorchNetwork) executor.compile(b.build(), new MemoryWeights());
        int before = chain.openArrays();
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(Shape.of(3), -1, -2, -3));
        try (Recording recording = chain.record(inputs, 0)) {
            assertThat(recording.value("n49").shape()).isEqualTo(Shape.of(3));
            assertThat(chain.openArrays()).as("input and output").isEqualTo(before + 2);
        }
        try (Recording recording = chain.record(inputs, 10 * 3 * Float.BYTES + 5)) {
            assertThat(recording.value("n49").shape()).isEqualTo(Shape.of(3));
            assertThat(chain.openArrays()).isEqualTo(before + 12);
        }
        assertThatThrownBy(() -> chain.record(inputs, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Activate silu() {
        return new Activate(Activate.Function.SILU);
    }

    private static long bytes(Graph graph) {
        return graph.nodes().stream()
                .mapToLong(node -> node.shape().elements() * Float.BYTES)
                .sum();
    }
}
