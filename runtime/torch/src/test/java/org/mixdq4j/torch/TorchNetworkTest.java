package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Observer;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

class TorchNetworkTest {
    private final Graph graph = SmallNet.graph();
    private final TorchExecutor executor = new TorchExecutor();
    private final TorchNetwork model = (TorchNetwork) executor.compile(graph, MemoryWeights.randomFor(graph, 21));

    @AfterEach
    void close() {
        executor.close();
    }

    /** Watches everything and keeps copies. */
    private static final class Taps implements Observer {
        private final Map<String, float[]> values = new HashMap<>();
        private final List<String> order = new ArrayList<>();

        @Override
        public boolean watches(String id) {
            return true;
        }

        @Override
        public void observe(String id, Tensor value) {
            order.add(id);
            values.put(id, value.toFloatArray());
        }
    }

    @Test
    void freesWhatARunMakes() {
        int before = model.openArrays();
        Set<String> outputs = graph.outputs().keySet();
        for (int i = 0; i < 200; i++) {
            model.run(SmallNet.inputs(i % 3), outputs, i % 2 == 0 ? Observer.NONE : new Taps());
        }
        assertThat(model.openArrays()).isEqualTo(before);
    }

    @Test
    void freesEachValueAfterItsLastUse() {
        List<Integer> open = new ArrayList<>();
        GraphBuilder b = new GraphBuilder("Chain");
        Value x = b.input("x", DType.F32, Shape.of(3));
        for (int i = 0; i < 20; i++) {
            x = b.add("n" + i, new Activate(Activate.Function.SILU), x);
        }
        b.output("out", x);
        TorchNetwork chain = (TorchNetwork) executor.compile(b.build(), new MemoryWeights());
        Observer counting = new Observer() {
            @Override
            public boolean watches(String id) {
                return id.startsWith("n");
            }

            @Override
            public void observe(String id, Tensor value) {
                open.add(chain.openArrays());
            }
        };
        chain.run(Map.of("x", Tensor.of(Shape.of(3), 1, 2, 3)), Set.of("out"), counting);
        assertThat(open).hasSize(20);
        assertThat(open.get(19)).isEqualTo(open.get(2));
    }

    @Test
    void closingAModelFreesItsWeights() {
        assertThat(executor.openArrays()).isPositive();
        try (Recording recording = model.record(SmallNet.inputs(1))) {
            assertThat(recording.value("conv").shape()).isEqualTo(graph.shape("conv"));
        }
        model.close();
        assertThat(executor.openArrays()).isZero();
    }

    @Test
    void computesOnlyWhatIsWanted() {
        Taps taps = new Taps();
        Map<String, Tensor> out = model.run(SmallNet.inputs(1), Set.of("pooled"), taps);
        assertThat(out).containsOnlyKeys("pooled");
        assertThat(taps.order).contains("to_out", "pooled").doesNotContain("shortcut", "joined", "gate");
    }

    @Test
    void observerSeesEveryValueOnceInOrder() {
        Taps taps = new Taps();
        model.run(SmallNet.inputs(1), graph.outputs().keySet(), taps);
        List<String> expected = new ArrayList<>(graph.inputs().keySet());
        graph.nodes().forEach(node -> expected.add(node.id()));
        assertThat(taps.order).isEqualTo(expected);
    }

    @Test
    void overwritingValuesChangesNoResult() {
        Taps taps = new Taps();
        Map<String, Tensor> inputs = SmallNet.inputs(2);
        float[] image = inputs.get("image").toFloatArray();
        Map<String, Tensor> out = model.run(inputs, graph.outputs().keySet(), taps);
        // A recording keeps everything, so nothing in it is ever overwritten.
        try (Recording recording = model.record(inputs)) {
            taps.values.forEach((id, value) ->
                    assertThat(value).as(id).isEqualTo(recording.value(id).toFloatArray()));
            assertThat(out.get("sample").toFloatArray())
                    .isEqualTo(recording.value("shortcut").toFloatArray());
        }
        assertThat(inputs.get("image").toFloatArray()).isEqualTo(image);
    }

    @Test
    void aValueReadTwiceOrThroughAViewIsNotOverwritten() {
        GraphBuilder b = new GraphBuilder("Views");
        Value x = b.input("x", DType.F32, Shape.of(4));
        Value y = b.add("y", new Activate(Activate.Function.EXP), x);
        Value doubled = b.add("doubled", new Add(), y, y);
        Value z = b.add("z", new Activate(Activate.Function.EXP), x);
        Value view = b.add("view", new Reshape(Shape.of(2, 2)), z);
        Value sum = b.add("sum", new Add(), view, b.add("doubled2", new Reshape(Shape.of(2, 2)), doubled));
        b.output("sum", sum);
        b.output("all", b.add("all", new Add(), b.add("flat", new Reshape(Shape.of(4)), sum), z));
        try (var views = executor.compile(b.build(), new MemoryWeights())) {
            Map<String, Tensor> out = views.run(Map.of("x", Tensor.of(Shape.of(4), 0, 0, 0, 0)));
            assertThat(out.get("sum").toFloatArray()).containsExactly(3, 3, 3, 3);
            assertThat(out.get("all").toFloatArray()).containsExactly(4, 4, 4, 4);
        }
    }

    @Test
    void resultsAreTheSameEachTime() {
        float[] first = model.run(SmallNet.inputs(3)).get("sample").toFloatArray();
        assertThat(model.run(SmallNet.inputs(3)).get("sample").toFloatArray()).isEqualTo(first);
    }

    @Test
    void refusesInputsThatDoNotFit() {
        Map<String, Tensor> inputs = new HashMap<>(SmallNet.inputs(1));
        inputs.put("text", Tensor.zeros(DType.F32, Shape.of(2, 8, 10)));
        assertThatThrownBy(() -> model.run(inputs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'text'")
                .hasMessageContaining("[2, 7, 10]")
                .hasMessageContaining("[2, 8, 10]");
        inputs.put("text", Tensor.zeros(DType.F16, Shape.of(2, 7, 10)));
        assertThatThrownBy(() -> model.run(inputs)).hasMessageContaining("F16");
        inputs.remove("text");
        assertThatThrownBy(() -> model.run(inputs)).hasMessageContaining("got none");
        assertThatThrownBy(() -> model.run(SmallNet.inputs(1), Set.of("latents"), Observer.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'latents'");
    }

    @Test
    void saysWhenMemoryDoesNotSuffice() {
        GraphBuilder b = new GraphBuilder("Huge");
        Value x = b.input("x", DType.F32, Shape.of(1));
        // 500 TB, more than the address space of a process.
        b.output("out", b.add("wide", new Broadcast(Shape.of(50000, 50000, 50000)), x));
        try (var huge = executor.compile(b.build(), new MemoryWeights())) {
            assertThatThrownBy(() -> huge.run(Map.of("x", Tensor.of(Shape.of(1), 1))))
                    .isInstanceOf(MixdqException.class)
                    .hasMessageContaining("too little free memory for 'wide'");
        }
    }
}
